// For the composer of an issue: drag what is new onto the issue; let go over its contents it comes in
// there, elsewhere at the end.
// The button beside each does the same without a pointer.
"use strict";

const KIND = "application/x-terre-comuni-entry";
const issue = document.querySelector(".composer-issue");
const form = issue.closest("form");
const contents = issue.querySelector("[data-arrange]");

for (const line of document.querySelectorAll("[data-take]")) line.draggable = true;

document.addEventListener("dragstart", (event) => {
  const line = event.target.closest?.("[data-take]");
  if (!line) return;
  event.dataTransfer.setData(KIND, line.dataset.take);
  event.dataTransfer.effectAllowed = "copy";
  issue.classList.add("takes");
});

document.addEventListener("dragend", () => {
  issue.classList.remove("takes");
  showPlace(null);
});

issue.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes(KIND)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  showPlace(findNext(event.clientY));
});

issue.addEventListener("drop", (event) => {
  const key = event.dataTransfer.getData(KIND);
  if (!key) return;
  event.preventDefault();
  const { taken, before } = form.elements;
  taken.value = key;
  before.value = findNext(event.clientY)?.dataset.key ?? "";
  if (form.reportValidity()) form.requestSubmit();
  else forgetTaken();
});

// A form that is not sent, or that one comes back to, takes nothing.
function forgetTaken() {
  form.elements.taken.value = form.elements.before.value = "";
}

window.addEventListener("pageshow", forgetTaken);

// The row before which something that is let go at this height comes; none for the end.
function findNext(height) {
  if (height < contents.getBoundingClientRect().top) return undefined;
  return [...contents.querySelectorAll(":scope > [data-key]")].find((row) => {
    const box = row.getBoundingClientRect();
    return height < box.top + box.height / 2;
  });
}

function showPlace(next) {
  for (const row of contents.children) row.classList.toggle("place-before", row === next);
}
