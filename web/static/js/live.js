// Keeps a page true while it is open. The body says which topics concern it (data-live-topics="day:...");
// on each event the page is fetched again and every element marked data-live="<name>" is replaced by its
// new self. The stream begins after the event the page was made from (data-live-after) and resumes after the
// last one seen (Last-Event-ID), so nothing is missed.
import { announce } from "./announce.js"

const TOGETHER_MS = 150 // events of one change arrive close together: one fetch serves them all
const RETRY_MS = 3000

/** Opens the page's event stream, if the page has topics. */
export function startLive(root) {
  const { liveTopics: topics, liveAfter = "", liveSource = "/live" } = root.body.dataset
  if (!topics) return
  for (const part of root.querySelectorAll("[data-live]")) pristine.set(part, part.outerHTML)
  let source, last = liveAfter, waiting = 0, again = false, fetching = false

  const open = () => {
    const from = last ? `&after=${encodeURIComponent(last)}` : ""
    source = new EventSource(`${liveSource}?topics=${encodeURIComponent(topics)}${from}`)
    source.onopen = () => { if (setStale(root, false)) refresh() }
    source.onmessage = (event) => { last = event.lastEventId || last; soon() }
    source.onerror = () => {
      setStale(root, true)
      // The browser reconnects by itself unless the answer was an error; then we must, and look whether the
      // page itself may still be had: a person signed out meanwhile is led to sign in.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { open(); refresh() }, RETRY_MS)
    }
  }
  const soon = () => { if (!waiting) waiting = setTimeout(refresh, TOGETHER_MS) }
  const refresh = async () => {
    clearTimeout(waiting)
    waiting = 0
    if (fetching) { again = true; return }
    fetching = true
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" })
      if (answer.redirected || answer.status === 401) { location.reload(); return }
      if (answer.ok) swap(root, new DOMParser().parseFromString(await answer.text(), "text/html"))
    } catch {
      setStale(root, true)
      setTimeout(soon, RETRY_MS)
    } finally {
      fetching = false
      if (again) { again = false; soon() }
    }
  }
  root.addEventListener("courtlink:refresh", soon)
  addEventListener("pagehide", () => source.close())
  addEventListener("pageshow", (event) => { if (event.persisted) { open(); refresh() } })
  open()
}

/** Puts the fresh page's live parts in place of the old ones; what did not change is left untouched. */
export function swap(root, fresh) {
  const said = []
  for (const old of root.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${CSS.escape(old.dataset.live)}"]`)
    if (!now || now.outerHTML === pristine.get(old)) continue
    const kept = old.contains(document.activeElement) ? document.activeElement.id : ""
    const copy = document.importNode(now, true)
    pristine.set(copy, now.outerHTML)
    for (const { id } of old.querySelectorAll("details[open][id]")) copy.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "")
    old.replaceWith(copy)
    copy.dispatchEvent(new CustomEvent("courtlink:swapped", { bubbles: true }))
    if (kept) root.getElementById(kept)?.focus({ preventScroll: true })
    said.push(copy.dataset.liveSays || "")
  }
  const words = said.filter(Boolean).join(". ")
  if (words) announce(words)
}

// What the server sent for an element, before scripts (a countdown) wrote into it.
const pristine = new WeakMap()

/** Shows or takes away the warning that the page may be out of date; says whether it changed. */
function setStale(root, stale) {
  const banner = root.querySelector("[data-stale]")
  if (Boolean(banner) === stale) return false
  if (!stale) { banner.remove(); announce("This page is up to date again"); return true }
  const warning = root.createElement("p")
  warning.className = "cl-stale"
  warning.dataset.stale = ""
  warning.textContent = "This page is out of date, reconnecting"
  root.querySelector("main").prepend(warning)
  announce(warning.textContent)
  return true
}
