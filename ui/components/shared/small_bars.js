// Ten small bars in a list, as ui/elements/small_bars.py makes them in HTML; small_bars.css is their
// look. DIGIT, the meters' name, stands before this file.

export function buildSmallBars(list) {
  list.classList.add("small-bars");
  for (let digit = 0; digit < 10; digit++) {
    const item = document.createElement("li");
    item.innerHTML =
      `<span class="track" role="meter" aria-valuemin="0" aria-valuemax="100"` +
      ` aria-label="${worded(DIGIT, { digit })}"><span class="bar"></span></span>${digit}`;
    list.append(item);
  }
}

export function showSmallBars(list, shares) {
  list.hidden = !shares;
  if (!shares) return;
  const winner = shares.indexOf(Math.max(...shares));
  [...list.children].forEach((item, digit) => {
    item.classList.toggle("winner", digit === winner);
    item.querySelector(".bar").style.transform = `scaleY(${shares[digit]})`;
    item.querySelector(".track").setAttribute("aria-valuenow", (100 * shares[digit]).toFixed(1));
  });
}
