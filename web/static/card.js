// The steps of a practice card: words counted while one writes, focus where the page changed,
// entries that were unfolded stay so when htmx brings the form anew, and nothing is lost when it
// could not be saved.
"use strict";

const wordsOf = (text) => (text.trim() ? text.trim().split(/\s+/).length : 0);
const STORY = "#section-story > .form-grid textarea, #section-limits > .form-grid textarea";
const narrowSteps = window.matchMedia("(max-width: 991px)");
let unfolded = [];

function count(area) {
  const shown = document.querySelector(`[data-so-far="${area.id}"]`);
  if (!shown) return;
  const words = wordsOf(area.value);
  shown.textContent = words;
  shown.parentElement.classList.toggle("over", words > Number(area.dataset.words));
  const story = document.querySelector("[data-story-words]");
  if (story && area.matches(STORY)) {
    const here = [...document.querySelectorAll(STORY)];
    const elsewhere = Number(story.dataset.storyWords);
    story.textContent = here.reduce((sum, one) => sum + wordsOf(one.value), elsewhere);
  }
}

function arrive() {
  const steps = document.querySelector(".steps-fold");
  if (steps && narrowSteps.matches) steps.open = false;
  for (const area of document.querySelectorAll("textarea[data-words]")) count(area);
  const wanted = document.querySelector("main [data-focus]");
  if (!wanted) return;
  wanted.focus({ preventScroll: true });
  wanted.scrollIntoView({ block: "center" });
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-words]")) count(event.target);
});

// Nothing that is not this form takes its place: whoever was signed out keeps what was written.
function keepWords(event) {
  const unsent = document.getElementById("unsent");
  if (!unsent) return;
  event.preventDefault();
  const first = unsent.hidden;
  unsent.hidden = false;
  const bySelf = event.detail.elt && !event.detail.elt.matches("form");
  if (!bySelf || first) unsent.scrollIntoView({ block: "nearest" });
  if (!bySelf) unsent.focus();
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const xhr = event.detail.xhr;
  const elsewhere = xhr.getResponseHeader("HX-Redirect") || "";
  const ours = /id="editor"|data-auto/.test(xhr.responseText);
  const unsent = document.getElementById("unsent");
  if (elsewhere.startsWith("/login") || (!elsewhere && !ours)) keepWords(event);
  else if (unsent) unsent.hidden = true;
});

document.addEventListener("htmx:sendError", keepWords);

document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("details.entry[open]")].map((one) => one.id);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "editor") return;
  for (const id of unfolded) {
    const entry = document.getElementById(id);
    if (entry) entry.open = true;
  }
  arrive();
});

arrive();
