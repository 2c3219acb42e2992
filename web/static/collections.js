// For the forms of collections: count the words of the argument, and drag rows into another order.
"use strict";

function countWords(field) {
  const shown = document.querySelector(`[data-words-of="${field.id}"]`);
  const words = field.value.trim().split(/\s+/).filter(Boolean).length;
  shown.textContent = shown.textContent.replace(/\d+/, words);
  shown.classList.toggle("too-many", words > Number(field.dataset.words));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-words]")) countWords(event.target);
});

// The row goes along with the pointer; when it is let go, the form is sent with its new order.
let dragged = null;
let before = null;

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-drag]");
  if (!handle || event.button !== 0) return;
  event.preventDefault();
  handle.setPointerCapture(event.pointerId);
  dragged = handle.closest("[data-key]");
  before = dragged.nextElementSibling;
  dragged.classList.add("dragging");
});

const EDGE_PX = 60;

document.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  if (event.clientY < EDGE_PX) window.scrollBy(0, -EDGE_PX / 3);
  if (event.clientY > window.innerHeight - EDGE_PX) window.scrollBy(0, EDGE_PX / 3);
  for (const row of dragged.parentElement.children) {
    if (row === dragged) continue;
    const box = row.getBoundingClientRect();
    if (event.clientY < box.top || event.clientY > box.bottom) continue;
    const lower = event.clientY > box.top + box.height / 2;
    row.insertAdjacentElement(lower ? "afterend" : "beforebegin", dragged);
    break;
  }
});

document.addEventListener("pointerup", () => {
  if (!dragged) return;
  const row = dragged;
  dragged = null;
  row.classList.remove("dragging");
  if (row.nextElementSibling === before) return;
  const form = row.closest("form");
  form.elements.placed.value = row.dataset.key;
  form.requestSubmit();
});

document.addEventListener("pointercancel", () => {
  if (!dragged) return;
  dragged.parentElement.insertBefore(dragged, before);
  dragged.classList.remove("dragging");
  dragged = null;
});
