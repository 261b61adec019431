// Some pages change by time alone: a lobby opens, a room is free. data-changes-in="540" on a live part says in
// how many seconds; then the page is asked for again.
const LONGEST_MS = 3_600_000 // a timer keeps better time the shorter it is
let timer

function plan() {
  clearTimeout(timer)
  const all = [...document.querySelectorAll("[data-changes-in]")].map((part) => Number(part.dataset.changesIn))
  const soonest = Math.min(...all) * 1000 + 300 // just after, not just before
  if (Number.isFinite(soonest)) timer = setTimeout(refresh, Math.min(soonest, LONGEST_MS))
}

function refresh() {
  document.dispatchEvent(new CustomEvent("courtlink:refresh"))
  timer = setTimeout(plan, 5000) // again, should the answer not come
}

document.addEventListener("courtlink:swapped", plan)
plan()
