// One announcer for the page: a status region that screen readers read out, shown as well where it matters.

/** Says `text` to everyone who cannot see what changed. */
export function announce(text) {
  const region = document.querySelector("[data-announcer]")
  if (!region) return
  // The same words twice are only read twice when the region is emptied between.
  region.textContent = ""
  requestAnimationFrame(() => { region.textContent = text })
}
