// How far an import is: asked every second, shown in its progress bar, and the page made anew when it ends.
//   <div data-import="<run id>"> ... <progress> ... </div>
import { announce } from "./announce.js"

const WAIT = 1000
const shown = document.querySelector("[data-import]")
const stage = shown?.querySelector("progress") ? "applying" : "staging"
let said = 0

async function look() {
  const answer = await fetch(`/api/imports/${shown.dataset.import}`, { headers: { accept: "application/json" } }).catch(() => null)
  if (!answer?.ok) return setTimeout(look, WAIT * 5)
  const run = await answer.json()
  if (run.state !== stage) return location.reload()
  show(run)
  setTimeout(look, WAIT)
}

function show({ applied, rows }) {
  const bar = shown.querySelector("progress")
  if (!bar) return
  bar.value = applied
  shown.querySelector("label").textContent = `Hearings imported: ${applied.toLocaleString("en-GB")} of ${rows.toLocaleString("en-GB")}`
  const quarter = Math.floor((4 * applied) / Math.max(rows, 1))
  if (quarter > said) announce(`${quarter * 25}% imported`)
  said = quarter
}

if (shown) setTimeout(look, WAIT)
