// Ten little drawings to click, for people who have nothing to draw with.

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".samples");
  if (list.childElementCount) return;
  data.samples.forEach(({ name, path }, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = name;
    button.ariaLabel = name;
    button.innerHTML = `<svg viewBox="0 0 336 336" aria-hidden="true"><path d="${path}"/></svg>`;
    button.addEventListener("click", () => setTriggerValue("picked", index));
    list.append(button);
  });
}
