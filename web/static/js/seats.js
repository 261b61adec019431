// The others on this screen: one tile for each filled seat, with who they are and how they are connected.

export class Seats {
  #root; #template; #tiles = []; #onBlocked

  /** `onBlocked` is called when the browser wants a press before it plays sound. */
  constructor(root, template, onBlocked) {
    this.#root = root
    this.#template = template
    this.#onBlocked = onBlocked
  }

  /** One tile for each stream; they stay for as long as the hearing. */
  attach(streams) {
    this.#tiles = streams.map((stream) => {
      const tile = this.#template.content.firstElementChild.cloneNode(true)
      tile.hidden = true
      const video = tile.querySelector("video")
      video.srcObject = stream
      return { tile, video }
    })
    this.#root.replaceChildren(...this.#tiles.map(({ tile }) => tile))
  }

  /** Shows who sits where; `playing` is whether sound and picture flow at all. */
  show(seats, playing) {
    this.#tiles.forEach(({ tile, video }, index) => {
      const seat = seats[index]
      tile.hidden = !seat
      if (!seat) return
      const label = `${seat.label}, ${seat.part_words}`
      tile.querySelector("[data-label]").textContent = seat.label
      tile.querySelector("[data-part]").textContent = seat.part_words === seat.label ? "" : seat.part_words
      const words = !seat.connected ? "Not connected" : !playing ? "Paused" : seat.quality
      tile.querySelector("[data-words]").textContent = words
      video.setAttribute("aria-label", label)
      tile.classList.toggle("cl-tile--dark", !seat.connected || !playing)
      if (playing && seat.connected && video.paused) this.play(video)
    })
    this.#root.dataset.count = seats.filter(Boolean).length
  }

  /** Plays everything, after a press. */
  playAll() {
    for (const { video } of this.#tiles) this.play(video)
  }

  play(video) {
    video.play().catch((error) => { if (error.name === "NotAllowedError") this.#onBlocked() })
  }
}
