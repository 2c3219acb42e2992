// The form of a practice card: words counted while one writes, focus where the page changed, and
// entries that were unfolded stay so when htmx brings the form anew.
"use strict";

const wordsOf = (text) => (text.trim() ? text.trim().split(/\s+/).length : 0);
let unfolded = [];

function count(area) {
  const shown = document.querySelector(`[data-so-far="${area.id}"]`);
  if (!shown) return;
  const words = wordsOf(area.value);
  shown.textContent = words;
  shown.parentElement.classList.toggle("over", words > Number(area.dataset.words));
  const story = document.querySelector("[data-story-words]");
  if (story && area.closest("#section-story > .form-grid")) {
    const areas = document.querySelectorAll("#section-story > .form-grid textarea");
    story.textContent = [...areas].reduce((sum, one) => sum + wordsOf(one.value), 0);
  }
}

function arrive() {
  for (const area of document.querySelectorAll("textarea[data-words]")) count(area);
  const wanted = document.querySelector("main [data-focus]");
  if (!wanted) return;
  wanted.focus({ preventScroll: true });
  wanted.scrollIntoView({ block: "center" });
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-words]")) count(event.target);
});

// A link to a field opens what it is folded into.
document.addEventListener("click", (event) => {
  const link = event.target.closest("#advice a, #problems a");
  const field = link && document.getElementById(link.hash.slice(1));
  for (let one = field; one; one = one.parentElement) if (one.matches("details")) one.open = true;
});

// Nothing that is not this form takes its place: whoever was signed out keeps what was written.
function keepWords(event) {
  const unsent = document.getElementById("unsent");
  if (!unsent) return;
  event.preventDefault();
  unsent.hidden = false;
  unsent.focus();
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const xhr = event.detail.xhr;
  const elsewhere = xhr.getResponseHeader("HX-Redirect") || "";
  const form = xhr.responseText.includes('id="editor"');
  if (elsewhere.startsWith("/login") || (!elsewhere && !form)) keepWords(event);
});

document.addEventListener("htmx:sendError", keepWords);

document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("details.entry[open]")].map((one) => one.id);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!document.getElementById("editor")) return;
  for (const id of unfolded) {
    const entry = document.getElementById(id);
    if (entry) entry.open = true;
  }
  arrive();
});

arrive();
