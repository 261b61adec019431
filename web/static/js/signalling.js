// The hearing's WebSocket (docs/protocol.md). It comes back by itself for as long as the page is open, and says
// what it is doing: events "state" (detail: the message), "link" (detail: {up, words}), "bye" (detail: the message).
// Losing it ends nothing: sound and picture go on, and nobody has left.
import { Again } from "./again.js"

const SILENT_MS = 12000 // the service pings every 5 seconds
const OPENS_WITHIN_MS = 8000 // a socket opened in a dead spot would wait for minutes
// Codes after which coming back would not help: not our link, or opened in another tab.
const FINAL = new Set([4400, 4401, 4409])

export class Signalling extends EventTarget {
  #link; #token; #socket; #watch = 0; #next = 1; #waiting = new Map()
  #again = new Again(() => this.open())

  constructor(link, token) {
    super()
    this.#link = link
    this.#token = token
  }

  /**
   * Opens the socket. One that was open is let go, for a socket of the network that was says for long that it is
   * open; the service takes the newer.
   */
  open() {
    this.#letGo()
    const scheme = location.protocol === "https:" ? "wss" : "ws"
    const socket = new WebSocket(`${scheme}://${location.host}/api/links/${this.#link}/signalling`)
    this.#socket = socket
    this.#expect(OPENS_WITHIN_MS)
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: this.#token }))
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#take(JSON.parse(data)) }
    socket.onclose = ({ code }) => { if (socket === this.#socket) this.#lost(code) }
  }

  /** Closes it for good. */
  close() {
    this.#again.end()
    this.#letGo()
  }

  /** Asks for something; answers when the service has done it, and throws its refusal in words. */
  request(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Error("You are not connected at the moment. Try again when you are."))
    }
    const id = this.#next++
    this.#socket.send(JSON.stringify({ ...message, id }))
    return new Promise((done, refused) => this.#waiting.set(id, { done, refused }))
  }

  #take(message) {
    this.#expect(SILENT_MS)
    switch (message.type) {
      case "ping":
        this.#socket.send('{"type":"pong"}')
        break
      case "state":
        this.#again.done()
        this.#tell("link", { up: true, words: "" })
        this.#tell("state", message)
        break
      case "done":
        this.#waiting.get(message.id)?.done()
        this.#waiting.delete(message.id)
        break
      case "refused":
        this.#waiting.get(message.id)?.refused(new Error(message.message))
        this.#waiting.delete(message.id)
        break
      case "bye":
        if (FINAL.has(message.code)) { this.close(); this.#tell("bye", message) }
        break
    }
  }

  /** Takes the socket for lost when nothing is heard from it for so long. */
  #expect(within) {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => this.#lost(), within)
  }

  #lost(code) {
    this.#letGo()
    if (FINAL.has(code)) { this.close(); this.#tell("bye", { code, message: "Your link no longer lets you in." }); return }
    this.#again.failed()
    this.#tell("link", { up: false, words: "Your connection to the court dropped. Trying again. You have not left." })
  }

  #letGo() {
    clearTimeout(this.#watch)
    const socket = this.#socket
    this.#socket = null
    socket?.close(1000)
    for (const { refused } of this.#waiting.values()) refused(new Error("The connection was lost. Look, then try again."))
    this.#waiting.clear()
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}
