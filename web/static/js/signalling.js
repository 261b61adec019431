// The hearing's WebSocket (docs/protocol.md). It comes back by itself for as long as the page is open, and says
// what it is doing: events "state" (detail: the message), "link" (detail: {up, words}), "bye" (detail: the message).

const BACK_OFF_MS = [0, 300, 1200, 2700, 4800]
const EVERY_MS = 7000
const SILENT_MS = 12000 // the service pings every 5 seconds
// Codes after which coming back would not help: not our link, or opened in another tab.
const FINAL = new Set([4400, 4401, 4409])

export class Signalling extends EventTarget {
  #link; #token; #socket; #attempt = 0; #timer = 0; #watch = 0; #next = 1; #waiting = new Map(); #closed = false

  constructor(link, token) {
    super()
    this.#link = link
    this.#token = token
    addEventListener("online", () => this.#soon(0))
  }

  open() {
    this.#closed = false
    clearTimeout(this.#timer)
    const scheme = location.protocol === "https:" ? "wss" : "ws"
    const socket = new WebSocket(`${scheme}://${location.host}/api/links/${this.#link}/signalling`)
    this.#socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: this.#token }))
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#take(JSON.parse(data)) }
    socket.onclose = ({ code }) => { if (socket === this.#socket) this.#lost(code) }
  }

  close() {
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#watch)
    this.#socket?.close(1000)
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
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => this.#socket.close(), SILENT_MS)
    switch (message.type) {
      case "ping":
        this.#socket.send('{"type":"pong"}')
        break
      case "state":
        if (this.#attempt) this.#attempt = 0
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
        if (FINAL.has(message.code)) { this.#closed = true; this.#tell("bye", message) }
        break
    }
  }

  #lost(code) {
    clearTimeout(this.#watch)
    for (const { refused } of this.#waiting.values()) refused(new Error("The connection was lost. Look, then try again."))
    this.#waiting.clear()
    if (this.#closed) return
    if (FINAL.has(code)) { this.#tell("bye", { code, message: "Your link no longer lets you in." }); return }
    const wait = BACK_OFF_MS[this.#attempt] ?? EVERY_MS * (0.75 + Math.random() / 2)
    this.#attempt++
    this.#tell("link", { up: false, words: "Connection to the court lost. Reconnecting. You can still see and hear." })
    this.#soon(wait)
  }

  #soon(wait) {
    if (this.#closed || this.#socket?.readyState === WebSocket.OPEN) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.open(), wait)
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}
