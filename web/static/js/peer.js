// Sound and picture, and their survival. Nothing is negotiated again while a path stands. When the path is lost a
// new one is sought for the same session; when none is found soon, a second session is made beside the first, and
// seats go over to it once it is connected. Nobody has left by losing the path.
// Events: "connection" (detail: "connecting", "connected", "lost" or "refused").
import { Again } from "./again.js"
import { Transport } from "./transport.js"

const PATIENCE_MS = 700 // a short gap mends itself
const RESTORES_WITHIN_MS = 4000 // then a second session is tried
const CONNECTS_WITHIN_MS = 8000
const LOOK_MS = 500
const SILENT_LOOKS = 3 // so many looks with nothing heard, after something was: the path is gone

export class Peer extends EventTarget {
  #link; #token; #given; #now = null; #next = null; #timer = 0; #mending = false; #once = false; #ended = false
  #again = new Again(() => this.#mend())
  #looking = 0; #heard = 0; #silent = 0; #replaced = Promise.resolve()

  /** `tracks` is {audio, video, screen}, each a track or null; `seats` how many others may be seen. */
  constructor(link, token, { tracks, seats, servers = [] }) {
    super()
    this.#link = link
    this.#token = token
    this.#given = { tracks: { ...tracks }, seats, servers }
    this.seats = Array.from({ length: seats }, () => new MediaStream())
    this.screen = new MediaStream()
    this.#looking = setInterval(() => this.#look().catch(() => {}), LOOK_MS)
  }

  /** Whether sound or picture of others should be coming now, so that silence means something. */
  expecting = false

  /** The RTCPeerConnection of the moment, for figures. */
  get connection() { return this.#now?.connection }

  open() { this.#again.now() }

  /** The media server started afresh and knows no session: offers again at once. */
  afresh() {
    this.#now?.end({ told: true })
    this.#again.now()
  }

  /**
   * Sends another microphone, camera or screen on the line that stands, or with null nothing; answers when all
   * that was asked so far is so.
   */
  replace(kind, track) {
    if (this.#given.tracks[kind] !== track) {
      this.#given.tracks[kind] = track
      this.#replaced = Promise.all([this.#replaced, ...this.#each((transport) => transport.replace(kind, track))])
    }
    return this.#replaced
  }

  /** Takes other ICE servers, or the same with fresh credentials. */
  serve(servers) {
    if (JSON.stringify(servers) === JSON.stringify(this.#given.servers)) return
    this.#given.servers = servers
    this.#each((transport) => transport.serve(servers))
  }

  /** Ends it here, and at the service unless it was the service that ended it. */
  end(how) {
    this.#ended = true
    this.#again.end()
    clearTimeout(this.#timer)
    clearInterval(this.#looking)
    this.#each((transport) => transport.end(how))
  }

  #each(what) { return [this.#now, this.#next].filter(Boolean).map(what) }

  /** One try to be connected; asked for while one goes on, another follows it. */
  async #mend() {
    this.#once = true
    if (this.#mending) return
    this.#mending = true
    clearTimeout(this.#timer)
    try {
      while (this.#once && !this.#ended) {
        this.#once = false
        if (!this.#now) this.#tell("connecting")
        await this.#connect()
      }
      if (this.#ended) return
      this.#again.done()
      this.#tell("connected")
    } catch (error) {
      if (this.#ended) return
      this.#tell(error.status === 403 ? "refused" : "lost")
      this.#again.failed()
    } finally {
      this.#mending = false
    }
  }

  async #connect() {
    const old = this.#now
    if (old?.stands && (await this.#restored(old))) return
    const fresh = this.#next = new Transport(this.#link, this.#token, this.#given)
    try {
      await fresh.open()
      if (!(await fresh.connected(CONNECTS_WITHIN_MS))) throw new Error("No path was found")
    } catch (error) {
      fresh.end()
      throw error
    } finally {
      this.#next = null
    }
    if (this.#ended) { fresh.end(); return }
    this.#sit(fresh)
    old?.end({ told: true }) // a newer session has taken its place
  }

  /** Whether a new path was found for a session that stands; it may be gone at the service. */
  async #restored(transport) {
    try {
      await transport.restart()
    } catch (error) {
      if ([404, 409, 412].includes(error.status)) return false
      throw error
    }
    return transport.connected(RESTORES_WITHIN_MS)
  }

  /** Seats show what comes by this transport from now on. */
  #sit(transport) {
    this.#now = transport
    this.#silent = this.#heard = 0
    transport.addEventListener("state", () => this.#moved(transport))
    const fill = (stream, tracks) => {
      for (const track of stream.getTracks()) stream.removeTrack(track)
      for (const track of tracks) stream.addTrack(track)
    }
    this.seats.forEach((seat, index) => fill(seat, transport.seats[index]))
    fill(this.screen, transport.screen)
  }

  #moved(transport) {
    if (transport !== this.#now || this.#ended) return
    clearTimeout(this.#timer)
    if (transport.state === "connected" && !this.#mending) this.#tell("connected")
    if (transport.state === "disconnected") this.#timer = setTimeout(() => this.#lost(), PATIENCE_MS)
    if (transport.state === "failed") this.#lost()
  }

  #lost() {
    if (this.#mending) return
    this.#tell("lost")
    this.#again.now()
  }

  /** Looks whether what was heard has ceased: browsers notice late, or not at all. */
  async #look() {
    if (!this.expecting || this.#mending || this.#now?.state !== "connected") { this.#silent = this.#heard = 0; return }
    const heard = await this.#now.heard()
    this.#silent = heard > this.#heard ? 0 : this.#silent + 1
    if (this.#heard && this.#silent === SILENT_LOOKS) this.#again.now()
    this.#heard = heard
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("connection", { detail }))
  }
}
