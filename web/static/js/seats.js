// The others on this screen: one tile for each filled seat, with who they are and how they are connected; and
// the screen or exhibit that one of them shows, large beside them.
import { write } from "./consulting.js"

export class Seats {
  #root; #template; #shown; #tiles = []; #onBlocked

  /** `shown` is the figure of the shown screen; `onBlocked` is called when the browser wants a press before it plays sound. */
  constructor(root, template, shown, onBlocked) {
    this.#root = root
    this.#template = template
    this.#shown = shown
    this.#onBlocked = onBlocked
  }

  /** One tile for each stream; they stay for as long as the hearing. */
  attach(streams, screen) {
    this.#tiles = streams.map((stream) => {
      const tile = this.#template.content.firstElementChild.cloneNode(true)
      tile.hidden = true
      const video = tile.querySelector("video")
      video.srcObject = stream
      return { tile, video }
    })
    this.#root.replaceChildren(...this.#tiles.map(({ tile }) => tile))
    this.#shown.querySelector("video").srcObject = screen
  }

  /** Shows who sits where; `playing` is whether sound and picture flow at all. */
  show(seats, playing) {
    this.#tiles.forEach(({ tile, video }, index) => {
      const seat = seats[index]
      tile.hidden = !seat
      if (!seat) return
      const part = seat.part_words === seat.label ? "" : seat.part_words
      write(tile.querySelector("[data-label]"), seat.label)
      write(tile.querySelector("[data-part]"), part)
      write(tile.querySelector("[data-words]"), !seat.connected ? "Not connected" : !playing ? "Paused" : seat.quality)
      video.setAttribute("aria-label", [seat.label, part].filter(Boolean).join(", "))
      tile.classList.toggle("cl-tile--dark", !seat.connected || !playing)
      if (playing && seat.connected && video.paused) this.#play(video)
    })
    this.#root.dataset.count = seats.filter(Boolean).length
  }

  /** Shows the screen that somebody else shares, with words for those who cannot see it; null shows none. */
  showScreen(screen) {
    const video = this.#shown.querySelector("video")
    this.#shown.hidden = !screen
    this.#root.classList.toggle("cl-tiles--beside", Boolean(screen))
    if (!screen) return
    const words = `${screen.title || "Screen"}, shown by ${screen.label}`
    write(this.#shown.querySelector("figcaption"), words)
    video.setAttribute("aria-label", `${words}. Ask the court to have it read out if you cannot see it`)
    if (video.paused) this.#play(video)
  }

  /** Plays everything, after a press. */
  playAll() {
    for (const { video } of this.#tiles) this.#play(video)
  }

  #play(video) {
    video.play().catch((error) => { if (error.name === "NotAllowedError") this.#onBlocked() })
  }
}
