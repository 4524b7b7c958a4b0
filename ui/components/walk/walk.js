// Two buttons that lead from one thought of a view to the next; the place is the thought that is
// nearest to the top of the screen.

const SLACK = 100; // pixels: a thought that begins so far below the top is the one that is seen

let shown = null; // {root, places}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".walk");
  if (shown?.root !== root) {
    root.querySelector(".back").addEventListener("click", () => lead(-1));
    root.querySelector(".next").addEventListener("click", () => lead(1));
  }
  shown = { root, places: data.places };
  main()?.addEventListener("scroll", tell, { passive: true }); // a second time changes nothing
  tell();
  return () => {
    if (!root.isConnected) main()?.removeEventListener("scroll", tell);
  };
}

function main() {
  return document.querySelector("[data-testid=stMain]");
}

function thoughts() {
  return [...document.querySelectorAll(shown.places)];
}

// How many thoughts have begun: 0 at the page's beginning.
function begun() {
  const top = main().getBoundingClientRect().top + SLACK;
  return thoughts().filter((each) => each.getBoundingClientRect().top <= top).length;
}

function lead(step) {
  const all = thoughts();
  const to = Math.max(0, Math.min(all.length, begun() + step));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const behavior = calm ? "instant" : "smooth";
  if (to === 0) main().scrollTo({ top: 0, behavior });
  else all[to - 1].scrollIntoView({ block: "start", behavior });
}

function tell() {
  if (!shown.root.isConnected) return;
  const [n, of] = [begun(), thoughts().length];
  shown.root.querySelector(".at").textContent = `${n + 1} / ${of + 1}`; // the beginning is one, too
  shown.root.querySelector(".back").disabled = n === 0;
  shown.root.querySelector(".next").disabled = n === of;
}
