// In a list with boxes to tick: tick all at once, and say how many are ticked.
"use strict";

function boxesOf(form) {
  return [...document.querySelectorAll(`input[type=checkbox][name=id][form="${form}"]`)];
}

function showTicked() {
  for (const shown of document.querySelectorAll("[data-chosen-count]")) {
    const boxes = boxesOf(shown.dataset.chosenCount);
    const count = boxes.filter((box) => box.checked).length;
    shown.textContent = count ? ` (${count})` : "";
    const all = document.querySelector(`[data-choose-all="${shown.dataset.chosenCount}"]`);
    if (!all) continue;
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.dataset && event.target.dataset.chooseAll;
  if (form) for (const box of boxesOf(form)) box.checked = event.target.checked;
  showTicked();
});

window.addEventListener("pageshow", showTicked);
