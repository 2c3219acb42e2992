// The list of results: boxes that follow the tray, keys to move with.
"use strict";

// A practice that was taken out of the tray, or did not fit, is not ticked any more.
document.addEventListener("htmx:afterSwap", (event) => {
  const swapped = event.detail.target || event.target;  // going back in history names no target
  if (swapped.id !== "tray-content") return;
  const chosen = new Set([...document.querySelectorAll("#tray [data-chosen]")].map((one) => one.dataset.chosen));
  for (const box of document.querySelectorAll("input[form=tray][name=id]")) box.checked = chosen.has(box.value);
});

const KEYS_OFF = "keys-off";

function showKeys() {
  const box = document.querySelector("[data-keys]");
  if (box) box.checked = localStorage.getItem(KEYS_OFF) === null;
}

document.addEventListener("DOMContentLoaded", showKeys);
document.addEventListener("htmx:afterSettle", showKeys);
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys]")) return;
  if (event.target.checked) localStorage.removeItem(KEYS_OFF);
  else localStorage.setItem(KEYS_OFF, "1");
});

function moveTo(step) {
  const titles = [...document.querySelectorAll(".hit h3 a")];
  const hit = document.activeElement.closest(".hit");
  const at = titles.findIndex((title) => hit && hit.contains(title));
  const next = titles[at < 0 ? (step > 0 ? 0 : titles.length - 1) : at + step];
  if (next) next.focus();
}

function chooseHere() {
  const hit = document.activeElement.closest(".hit");
  const box = hit && hit.querySelector("input[form=tray][name=id]");
  if (box) box.click();
}

const DOES = {
  "/": () => document.getElementById("question").select(),
  j: () => moveTo(1),
  k: () => moveTo(-1),
  c: chooseHere,
  v: () => {
    const link = document.querySelector("#tray a[href^='/compare?']");
    if (link) link.click();
  },
};

document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (writing || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (!Object.hasOwn(DOES, event.key) || localStorage.getItem(KEYS_OFF) !== null) return;
  event.preventDefault();
  DOES[event.key]();
});
