// How long a hold still lasts, reckoned from the server's clock, so that a wrong device clock does no harm.
//   <span data-ends-in="540">9 minutes</span>  540 seconds were left when the page was made
// The last minute is counted in seconds and announced once, unless data-quiet is there; at nothing the page asks
// the server again.
import { announce } from "./announce.js"

/** "9 minutes", "40 seconds", "no time". */
export function sayLeft(seconds) {
  if (seconds <= 0) return "no time"
  if (seconds >= 60) { const n = Math.ceil(seconds / 60); return `${n} minute${n === 1 ? "" : "s"}` }
  return `${seconds} second${seconds === 1 ? "" : "s"}`
}

const started = new WeakMap()

/** Keeps every countdown on the page right, those that a live update brings in too. */
export function startCountdowns(root) {
  const all = () => { for (const each of root.querySelectorAll("[data-ends-in]")) tick(each) }
  all()
  setInterval(all, 1000)
}

function tick(element) {
  // A live update may put new seconds into the same element: then it is a new countdown.
  const given = element.dataset.endsIn
  let own = started.get(element)
  if (own?.given !== given) started.set(element, (own = { given, at: performance.now(), warned: false, over: false }))
  const left = Math.max(0, Math.ceil(Number(given) - (performance.now() - own.at) / 1000))
  element.textContent = sayLeft(left)
  if (left <= 60 && left > 0 && !own.warned) {
    own.warned = true
    if (!("quiet" in element.dataset)) announce("Less than a minute left")
  }
  if (left === 0 && !own.over) {
    own.over = true
    if (!("quiet" in element.dataset)) announce("The time is up")
    element.dispatchEvent(new CustomEvent("courtlink:refresh", { bubbles: true }))
  }
}
