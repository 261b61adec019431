// Sound and picture: one offer for the whole hearing. One microphone and one camera go up; a fixed number of
// seats comes down, and the service decides who fills them. Nothing is negotiated again but after the media
// server has started afresh. Events: "connection" (detail: the state of the connection).
import { ask } from "./joining.js"

const PATIENCE_MS = 1500 // a short gap mends itself; after this the path is sought anew
const AGAIN_MS = [0, 500, 1500, 3000, 5000]

export class Peer extends EventTarget {
  #link; #token; #pc; #resource; #timer = 0; #attempt = 0; #tracks; #ended = false; #offering; #uplinks = {}
  #onChange = () => this.#changed()

  /** `tracks` is {audio, video}, each a track or null; `seats` how many others may be seen. */
  constructor(link, token, tracks, seats) {
    super()
    this.#link = link
    this.#token = token
    this.#tracks = tracks
    this.seats = Array.from({ length: seats }, () => new MediaStream())
    addEventListener("online", this.#onChange)
    navigator.connection?.addEventListener?.("change", this.#onChange)
  }

  /** The RTCPeerConnection of the moment, for figures. */
  get connection() { return this.#pc }

  /** Negotiates, and again after a failure, until it is connected or ended. */
  async open() {
    if (this.#offering || this.#ended) return
    this.#offering = true
    try {
      await this.#offer()
      this.#attempt = 0
    } catch (error) {
      this.#later(() => this.open())
      this.#tell(error.status === 403 ? "refused" : "failed")
    } finally {
      this.#offering = false
    }
  }

  /** Sends another camera or microphone, or nothing, on the line that stands. */
  async replace(kind, track) {
    this.#tracks[kind] = track
    await this.#uplinks[kind]?.sender.replaceTrack(track)
  }

  /** Ends the session here, and at the service unless it was the service that ended it. */
  end({ told = false } = {}) {
    this.#ended = true
    if (told) this.#resource = null
    clearTimeout(this.#timer)
    removeEventListener("online", this.#onChange)
    navigator.connection?.removeEventListener?.("change", this.#onChange)
    this.#drop()
  }

  async #offer() {
    this.#drop()
    const pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" })
    this.#pc = pc
    pc.onconnectionstatechange = () => { if (pc === this.#pc) this.#moved(pc.connectionState) }
    for (const kind of ["audio", "video"]) {
      this.#uplinks[kind] = pc.addTransceiver(this.#tracks[kind] ?? kind, { direction: "sendonly" })
    }
    for (const seat of this.seats) {
      for (const track of seat.getTracks()) seat.removeTrack(track)
      for (const kind of ["audio", "video"]) {
        seat.addTrack(pc.addTransceiver(kind, { direction: "recvonly" }).receiver.track)
      }
    }
    await pc.setLocalDescription()
    const answer = await this.#ask(`/api/media/${this.#link}`, "POST", "application/sdp", withoutHidden(pc.localDescription.sdp))
    if (pc !== this.#pc) return
    this.#resource = answer.headers.get("Location")
    await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() })
  }

  /** Finds a new path for the same session: ICE restarts, and sound, picture and seats stay as they are. */
  async #restart() {
    const pc = this.#pc
    if (this.#ended || !pc || !this.#resource || pc.signalingState !== "stable") return
    pc.restartIce()
    await pc.setLocalDescription()
    const wanted = pc.localDescription.sdp.match(/^a=ice-(ufrag|pwd):.*$/gm).slice(0, 2).join("\r\n") + "\r\n"
    const answer = await this.#ask(this.#resource, "PATCH", "application/trickle-ice-sdpfrag", wanted, { "If-Match": "*" })
    const fragment = await answer.text()
    const fresh = (name) => fragment.match(new RegExp(`^a=${name}:.*$`, "m"))[0].trim()
    const sdp = pc.remoteDescription.sdp
      .replace(/^a=ice-ufrag:.*$/gm, fresh("ice-ufrag"))
      .replace(/^a=ice-pwd:.*$/gm, fresh("ice-pwd"))
    await pc.setRemoteDescription({ type: "answer", sdp })
  }

  #moved(state) {
    this.#tell(state)
    clearTimeout(this.#timer)
    if (state === "connected") this.#attempt = 0
    if (state === "disconnected") this.#timer = setTimeout(this.#onChange, PATIENCE_MS)
    if (state === "failed") this.#changed()
  }

  #changed() {
    if (this.#ended || this.#offering) return
    this.#restart().catch((error) => {
      // The session is gone (the media server started afresh, or we were away too long): offer again.
      if ([401, 403].includes(error.status)) return
      this.#later(() => (error.status === 404 ? this.open() : this.#changed()))
    })
  }

  #later(what) {
    clearTimeout(this.#timer)
    if (this.#ended) return
    const wait = AGAIN_MS[Math.min(this.#attempt++, AGAIN_MS.length - 1)]
    this.#timer = setTimeout(what, wait)
  }

  #drop() {
    if (this.#resource) ask(this.#resource, { method: "DELETE", token: this.#token }).catch(() => {})
    this.#resource = null
    if (this.#pc) { this.#pc.onconnectionstatechange = null; this.#pc.close() }
    this.#pc = null
  }

  #ask(path, method, type, body, headers) {
    return ask(path, { method, token: this.#token, type, body, headers })
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("connection", { detail }))
  }
}

/** An offer without `.local` candidates: nobody outside can resolve them, and looking costs a second. */
export function withoutHidden(sdp) {
  return sdp.split("\r\n").filter((line) => !/^a=candidate:.*\.local /.test(line)).join("\r\n")
}
