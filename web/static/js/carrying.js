// What this page sends and receives, as the service allows at each moment. Whoever is moved to another place first
// stops sending, and only then says so: nothing meant for one room is ever heard in another.
import { Peer } from "./peer.js"

export class Carrying extends EventTarget {
  #me; #kit; #seats; #request; #count; #peer = null; #epoch = null; #muted = new Set(); #screen = null; #settling = null; #last = null

  /** `me` is {link, token}; `count` how many seats there are. Passes on the peer's event "connection". */
  constructor(me, kit, seats, count, request) {
    super()
    this.#me = me
    this.#kit = kit
    this.#seats = seats
    this.#count = count
    this.#request = request
  }

  /** The RTCPeerConnection of the moment, for figures. */
  get connection() { return this.#peer?.connection }

  /** Opens, keeps or ends sound and picture. */
  take(state) {
    const { you, media, seats } = state
    this.#last = state
    if (!media.negotiate) this.end({ told: true })
    else this.#open(media)
    if (this.#peer) {
      this.#peer.serve(media.ice_servers ?? [])
      this.#peer.expecting = media.receive && seats.some((seat) => seat?.connected)
    }
    this.#send()
    this.#settle(you)
  }

  /** Sends nothing of a kind, or sends it again; answers whether it is sent no more. */
  mute(kind) {
    this.#muted.has(kind) ? this.#muted.delete(kind) : this.#muted.add(kind)
    this.#send()
    return this.#muted.has(kind)
  }

  /** Sends this screen as soon as the service takes it, or with null none. */
  share(track) {
    this.#screen = track
    this.#send()
  }

  /** Ends it here, and at the service unless it was the service that ended it. */
  end(how) {
    this.#peer?.end(how)
    this.#peer = null
    this.#epoch = null
  }

  #open({ epoch, ready, ice_servers: servers = [] }) {
    // A media server that started afresh has forgotten every connection.
    if (this.#peer && epoch && this.#epoch && epoch !== this.#epoch && ready) this.#peer.afresh()
    if (!this.#peer) {
      const peer = this.#peer = new Peer(this.#me.link, this.#me.token, { tracks: this.#allowed(), seats: this.#count, servers })
      peer.addEventListener("connection", ({ detail }) => {
        if (peer === this.#peer) this.dispatchEvent(new CustomEvent("connection", { detail }))
      })
      this.#seats.attach(peer.seats, peer.screen)
      peer.open()
    }
    this.#epoch = epoch ?? this.#epoch
  }

  /** The tracks that go out now: none at all while on the way to another place. */
  #allowed() {
    const { you, media } = this.#last
    if (you.settled === false) return { audio: null, video: null, screen: null }
    const { audio, video } = this.#kit.tracks
    for (const [kind, track] of [["audio", audio], ["video", video]]) {
      if (track) track.enabled = media.send.includes(kind) && !this.#muted.has(kind)
    }
    return { audio, video, screen: media.send.includes("screen") ? this.#screen : null }
  }

  #send() {
    if (!this.#peer || !this.#last) return Promise.resolve()
    return Promise.all(Object.entries(this.#allowed()).map(([kind, track]) => this.#peer.replace(kind, track)))
  }

  async #settle({ settled, move }) {
    if (settled !== false || this.#settling === move) return
    this.#settling = move
    try {
      await this.#send()
      await this.#request({ type: "settled", move })
    } catch {
      this.#settling = null // the next state asks again
    }
  }
}
