// On a page of a document: arrow keys turn pages, and an enlarged page starts at what is marked.
"use strict";

const sheet = document.querySelector(".sheet");
const marked = sheet && sheet.querySelector(".highlight");

if (marked && sheet.scrollWidth > sheet.clientWidth) {
  const box = marked.getBoundingClientRect();
  const frame = sheet.getBoundingClientRect();
  sheet.scrollTop += box.top - frame.top - sheet.clientHeight / 3;
  sheet.scrollLeft += box.left - frame.left - sheet.clientWidth / 4;
}

// Where arrows move something already, as in a field or an enlarged page, they keep doing so.
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, summary, [tabindex], [contenteditable]")) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.querySelector(`.page-turn a[rel=${rel}]`);
  if (link) link.click();
});
