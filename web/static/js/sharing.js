// Sharing one's screen: asking the browser for it, sending it on the line that stands, and ending it, here or by
// the browser's own button.
import { announce } from "./announce.js"

const PICTURE = { frameRate: { ideal: 10, max: 15 }, width: { max: 1920 }, height: { max: 1080 } }

export class Sharing {
  #button; #request; #changed; #busy = false
  track = null

  /** `request(message)` asks the service; `changed(track)` sends the track on, or with null nothing. */
  constructor(button, request, changed) {
    this.#button = button
    this.#request = request
    this.#changed = changed
    button.addEventListener("click", () => (this.track ? this.stop() : this.#start()))
  }

  /** `may` is whether the court lets this person share; one that it stops is stopped here too. */
  show(may) {
    this.#button.hidden = !(may && navigator.mediaDevices?.getDisplayMedia)
    if (!may && this.track) this.stop("The court has stopped your screen")
  }

  async #start() {
    if (this.#busy) return
    this.#busy = true
    let track
    try {
      track = (await navigator.mediaDevices.getDisplayMedia({ video: PICTURE, audio: false })).getVideoTracks()[0]
      track.contentHint = "detail"
      await this.#request({ type: "share", on: true })
      track.addEventListener("ended", () => this.stop())
      this.#set(track)
      announce("Your screen is being shared")
    } catch (error) {
      track?.stop()
      // Whoever closes the browser's question has changed their mind.
      if (error.name !== "NotAllowedError") announce(error.message)
    } finally {
      this.#busy = false
    }
  }

  /** Ends it, which is always possible; the service is told. */
  stop(words = "Your screen is no longer shared") {
    if (!this.track) return
    this.track.stop()
    this.#set(null)
    announce(words)
    this.#request({ type: "share", on: false }).catch(() => {})
  }

  #set(track) {
    this.track = track
    this.#button.textContent = track ? this.#button.dataset.off : this.#button.dataset.on
    this.#changed(track)
  }
}
