// Whom an interpreter speaks to: everybody in the room, or quietly one of them.
import { announce } from "./announce.js"

export class Whisper {
  #root; #select

  /** `request(message)` asks the service and throws its refusal in words. */
  constructor(root, request) {
    this.#root = root
    this.#select = root.querySelector("select")
    this.#select.addEventListener("change", async () => {
      const to = this.#select.value || null
      const name = this.#select.selectedOptions[0].textContent
      const words = await request({ type: "whisper", to }).then(() => `Now hears you: ${name}`, (error) => error.message)
      announce(words)
    })
  }

  show({ you: { whisper } }) {
    this.#root.hidden = !whisper?.may.length
    if (!whisper) return
    const choices = [["", "Everybody in the room"], ...whisper.may.map(({ link, label }) => [link, `${label} alone`])]
    const made = JSON.stringify(choices)
    if (this.#select.dataset.made !== made) {
      this.#select.dataset.made = made
      this.#select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)))
    }
    this.#select.value = whisper.to ?? ""
  }
}
