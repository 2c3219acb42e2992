// On a page of a document: words that are selected in its text come into the form that takes them.
"use strict";

const words = document.querySelector(".verbatim");
const form = document.getElementById("take");

document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  if (!words || !form || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  if (!words.contains(range.commonAncestorContainer)) return;
  const text = selection.toString().trim();
  if (!text) return;
  form.querySelector("textarea").value = text;
});

// Said once, when the selection is done, and not for each letter of it.
for (const kind of ["mouseup", "keyup", "touchend"]) {
  document.addEventListener(kind, (event) => {
    const selection = document.getSelection();
    if (!words || !form || !words.contains(event.target) || selection.isCollapsed) return;
    form.open = true;
    const said = form.querySelector("[data-selected-said]");
    said.textContent = said.dataset.said;
  });
}
