// Dragging a block of the diary to another time or row: a convenience over the link "Move" of the table.
// Nothing is moved here. Letting go leads to a page that says what would change and asks.

const STEP_MIN = 5
const FAR_PX = 6 // nearer than this it was a press on the link, not a drag

/** Lets the blocks of the picture be dragged; it stands in a live part, so everything is looked up when needed. */
export function startDragging(root) {
  let drag = null

  root.addEventListener("pointerdown", (event) => {
    const block = event.target.closest?.("[data-booking]")
    if (!block || event.button !== 0 || event.pointerType === "touch") return
    drag = { block, from: block.closest("[data-row]"), x: event.clientX, y: event.clientY, moved: false, over: null }
  })

  root.addEventListener("pointermove", (event) => {
    if (!drag) return
    const [right, down] = [event.clientX - drag.x, event.clientY - drag.y]
    if (!drag.moved && Math.hypot(right, down) < FAR_PX) return
    if (!drag.moved) { drag.moved = true; drag.block.classList.add("cl-block--dragged") }
    event.preventDefault()
    const over = root.elementFromPoint(event.clientX, event.clientY)?.closest("[data-row]") ?? null
    if (over !== drag.over) {
      drag.over?.classList.remove("cl-track--over")
      over?.classList.add("cl-track--over")
      drag.over = over
    }
  })

  root.addEventListener("pointerup", (event) => {
    const { block, from, over, moved, x } = drag ?? {}
    stop()
    if (!moved || !over) return
    root.addEventListener("click", (press) => press.preventDefault(), { capture: true, once: true })
    const to = placeOf(block, from, over, event.clientX - x)
    if (to) location.assign(to)
  })
  root.addEventListener("pointercancel", () => stop())
  root.addEventListener("keydown", (event) => { if (event.key === "Escape") stop() })

  const stop = () => {
    drag?.block.classList.remove("cl-block--dragged")
    drag?.over?.classList.remove("cl-track--over")
    drag = null
  }
}

/** The address that asks about a block put down so many pixels to the right, in the row `over`; null in its old place. */
export function placeOf(block, from, over, pixels) {
  const page = block.closest("[data-diary]")
  const columns = Number(getComputedStyle(over).getPropertyValue("--cl-columns"))
  const steps = Math.round(pixels / (over.clientWidth / columns))
  if (!steps && over === from) return null
  const start = new Date(new Date(block.dataset.starts).getTime() + steps * STEP_MIN * 60_000)
  const asked = new URLSearchParams({
    of: page.dataset.diary, booking: block.dataset.booking, row: from.dataset.row, to: over.dataset.row, start: start.toISOString(),
  })
  return `/diary/move?${asked}`
}

startDragging(document)
