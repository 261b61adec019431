// The page of a hearing, for everybody in it: kit, lobby, hearing, and the end. One stage is shown at a time;
// which one follows from what the service says, never from what was pressed.
import { announce } from "./announce.js"
import { Carrying } from "./carrying.js"
import { Consulting, write } from "./consulting.js"
import { Exhibits } from "./exhibits.js"
import { Refused, ask, forget, redeem, resume } from "./joining.js"
import { Kit } from "./kit.js"
import { People } from "./people.js"
import { Seats } from "./seats.js"
import { Sharing } from "./sharing.js"
import { Signalling } from "./signalling.js"
import { Whisper } from "./whisper.js"

const room = document.querySelector("[data-room]")
const find = (name) => room.querySelector(`[data-part-of-page="${name}"]`)
const READY = (link) => `court-link-ready:${link}`

const kit = new Kit(room.querySelector("[data-kit-root]"))
const seats = new Seats(find("seats"), find("tile"), find("shown"), () => { find("sound").hidden = false })
const request = (message) => signalling.request(message)
const consulting = new Consulting(room, request)
const whisper = new Whisper(find("whisper"), request)
const sharing = new Sharing(find("share"), request, (track) => carrying.share(track))
let me, signalling, carrying, people, exhibits, stage = "", last = null, joining = false, ahead = 0

/** Court time in milliseconds, whatever the device's own clock says. */
const now = () => performance.now() + ahead

/** Shows one stage and, when it or the place in it is another one, moves focus to its heading and says it. */
function show(name, place = "") {
  if (name + place === stage) return
  stage = name + place
  for (const section of room.querySelectorAll("[data-stage]")) section.hidden = section.dataset.stage !== name
  const heading = room.querySelector(`[data-stage="${name}"] h1`)
  document.title = document.title.replace(/^.* – /, `${heading.textContent} – `)
  heading.tabIndex = -1
  heading.focus()
}

function stop(title, words) {
  carrying?.end({ told: true })
  consulting.end()
  sharing.stop()
  for (const line of room.querySelectorAll("[data-banner]")) line.hidden = true
  signalling?.close()
  kit.stop()
  find("over-title").textContent = title
  find("over-words").textContent = words
  show("over")
}

async function begin() {
  try {
    me = location.hash.length > 1 ? await redeem(location.hash.slice(1)) : await resume(room.dataset.link, room.dataset.csrf)
    // The credential leaves the address: it is not kept in the history or read over a shoulder.
    history.replaceState(null, "", `/room/${me.link}`)
    await introduce()
  } catch (error) {
    // The tab's session was ended meanwhile; a signed-in person has another way in.
    if (error.status === 401 && me) {
      forget(me.link)
      if (room.dataset.csrf) { me = await resume(me.link, room.dataset.csrf).catch(() => null) }
      if (me && (await introduce().then(() => true, () => false))) return
    }
    find("refused-words").textContent = error instanceof Refused ? error.message : "The service cannot be reached. Try again."
    show("refused")
  }
}

async function introduce() {
  const told = await (await ask("/api/join", { token: me.token })).json()
  ahead = (Date.parse(told.now) || Date.now()) - performance.now()
  fill(told)
  if (sessionStorage.getItem(READY(me.link))) { await kit.start(told.you.label); join(); return }
  for (const part of room.querySelectorAll("[data-only-part]")) part.hidden = part.dataset.onlyPart !== told.you.part
  kit.testable(me.token, tellKit)
  show("kit")
  await kit.start(told.you.label)
}

/** Writes what is known of the hearing and of oneself wherever the page shows it. */
function fill({ hearing, you }) {
  const facts = { ...hearing, label: you.label, part: you.part_words, opens: you.lobby_opens }
  for (const place of room.querySelectorAll("[data-fact]")) {
    const text = facts[place.dataset.fact] ?? ""
    if (place.textContent !== text) place.textContent = text
  }
}

/** Tells the court what was found of the kit, and of a vehicle; answers the verdict. */
async function tellKit() {
  const said = new FormData(find("kit-form"))
  const declared = Object.fromEntries(
    ["from_vehicle", "stationary", "not_driving", "not_overheard"].map((name) => [name, said.has(name)]),
  )
  const json = { camera: kit.found.video, microphone: kit.found.audio, ...declared, figures: kit.figures }
  return (await ask("/api/join/kit-check", { method: "POST", token: me.token, json })).json()
}

find("kit-form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const said = new FormData(event.target)
  const inVehicle = said.has("from_vehicle")
  const declared = ["stationary", "not_driving", "not_overheard"].every((name) => said.has(name))
  find("declare-wrong").hidden = !inVehicle || declared
  if (inVehicle && !declared) { find("declare-wrong").focus(); return }
  // Join may be pressed, and pressed again, before the devices have opened: the court is told what was found.
  if (joining) return
  joining = true
  announce("Starting your camera and microphone")
  await kit.opened
  await kit.giveUp()
  await tellKit().catch(() => {})
  sessionStorage.setItem(READY(me.link), "yes")
  join()
})

find("in-vehicle").addEventListener("change", (event) => { find("declarations").hidden = !event.target.checked })

function join() {
  for (const own of room.querySelectorAll("[data-self]")) kit.showSelf(own)
  signalling = new Signalling(me.link, me.token)
  carrying = new Carrying(me, kit, seats, Number(room.dataset.seats), request)
  carrying.addEventListener("connection", ({ detail }) => connection(detail))
  people = new People(find("moderate"), request)
  exhibits = new Exhibits(find("exhibits"), me, request)
  signalling.addEventListener("state", ({ detail }) => take(detail))
  signalling.addEventListener("link", ({ detail }) => survive("signalling", detail.words))
  signalling.addEventListener("bye", ({ detail }) => gone(detail))
  signalling.open()
}

function gone({ code, message }) {
  if (code === 4409) {
    stop("Open in another tab", message)
    find("again").hidden = false
    return
  }
  forget(me.link)
  sessionStorage.removeItem(READY(me.link))
  find("again").hidden = !room.dataset.csrf
  stop("You are no longer in the hearing", message)
}

/** The whole of what the page knows, whenever that changes. */
function take(state) {
  const { hearing, you, media } = state
  fill(state)
  if (last && last.hearing.words !== hearing.words) announce(hearing.words)
  const over = ["ended", "vacated"].includes(hearing.state) && !media.negotiate
  if (over && !(hearing.state === "ended" && MAY_STAY.has(you.part))) { stop(hearing.words, "You can close this page."); return }
  const moved = last && you.settled === false && last.you.move !== you.move
  if (moved) { sharing.stop(); announce(MOVING[you.place]) }
  last = state
  // First of all what is sent: what the page shows may wait.
  carrying.take(state)
  if (over) {
    write(find("over-title"), hearing.words)
    write(find("over-words"), "You can close this page. Stay here if you are to speak in private after the hearing: the page changes by itself.")
    show("over")
  } else if (you.inside) tellWhere(state)
  else {
    write(find("waiting-words"), you.words)
    find("too-early").hidden = you.lobby_open
    find("waiting").hidden = !you.lobby_open
    show("lobby")
  }
  survive("media", media.ready ? "" : "The video service is being replaced. You will be connected again by itself.")
  banner("recording", recorded(state))
  consulting.show(state, now)
  whisper.show(state)
  exhibits.show(state)
  find("moderate").hidden = !you.moderates
  if (you.moderates) people.show(state)
}

/** Those who may be in a private consultation, which there may be after the hearing too. */
const MAY_STAY = new Set(["defendant", "advocate", "interpreter", "appropriate_adult", "probation", "youth_offending_team"])

const MOVING = {
  consultation: "Moving you to a private room",
  hearing: "Moving you to the hearing",
  lobby: "Moving you to the lobby",
}

/** In the hearing or in a private room: which it is, who is there, and what they may do. */
function tellWhere({ hearing, you, media, seats: sitting, screen }) {
  const private_ = you.place === "consultation"
  const moving = you.settled === false
  const apart = !private_ && you.called === false // a witness who is not called hears and sees nothing
  write(find("where"), private_ ? "Private consultation" : hearing.title)
  find("room").dataset.place = you.place ?? "hearing"
  find("of-hearing").hidden = !private_
  find("stage-words").dataset.state = hearing.state
  write(find("stage-words"), hearing.words)
  const words = moving ? MOVING[you.place] : private_ ? "" : you.words ?? ""
  write(find("told"), words)
  find("told").hidden = !words
  seats.show(sitting, media.receive)
  seats.showScreen(screen && screen.link !== you.link ? screen : null)
  find("pictures").hidden = apart
  write(find("alone"), private_ ? "Nobody else is in this room yet." : "Nobody else is in the hearing yet.")
  find("alone").hidden = sitting.some(Boolean) || Boolean(screen)
  sharing.show(Boolean(you.grants?.includes("screen")) && !private_ && !apart)
  tellWithdrawn(you)
  show("hearing", private_ ? "private" : "")
}

/** What the court has taken from this person, in words, beside buttons that do nothing now. */
function tellWithdrawn({ withdrawn = [], grants }) {
  const line = find("withdrawn")
  const words = withdrawn.join(". ")
  if (line.textContent !== words && (words || line.textContent)) announce(words || "The court lets you speak and be seen again")
  write(line, words)
  line.hidden = !words
  for (const [kind, grant] of [["audio", "microphone"], ["video", "camera"]]) {
    room.querySelector(`[data-mute="${kind}"]`).disabled = Boolean(grants && !grants.includes(grant))
  }
}

function recorded({ recording, you }) {
  if (!recording || you.place === "consultation") return ""
  if (recording.stalled) return "The recording has stopped working. The court has been told."
  return `This hearing is being recorded, under ${recording.power}, by order of ${recording.ordered_by}.`
}

const CONNECTIONS = {
  connecting: "Connecting your sound and picture",
  connected: "Your sound and picture are connected",
  lost: "Your connection dropped. Trying again…",
  refused: "Your sound and picture are not let in yet. Trying again…",
}

function connection(state) {
  survive("peer", state === "connected" ? "" : CONNECTIONS[state])
  write(find("connection"), CONNECTIONS[state])
}

/** A banner of what is being tried, and a word when it has succeeded. */
function survive(name, words) {
  const was = room.querySelector(`[data-banner="${name}"]`).textContent
  banner(name, words)
  const trying = ["signalling", "media", "peer"].some((each) => room.querySelector(`[data-banner="${each}"]`).textContent)
  if (!was || words || trying || was === CONNECTIONS.connecting) return
  banner("back", "You are back")
  setTimeout(() => banner("back", ""), 5000)
}

/** Shows or takes away one of the page's standing messages. */
function banner(name, words) {
  const line = room.querySelector(`[data-banner="${name}"]`)
  if (line.textContent === words) return
  line.textContent = words
  line.hidden = !words
  if (words) announce(words)
}

for (const button of room.querySelectorAll("[data-mute]")) {
  button.addEventListener("click", () => {
    button.textContent = carrying.mute(button.dataset.mute) ? button.dataset.off : button.dataset.on
  })
}

find("sound").addEventListener("click", () => { seats.playAll(); find("sound").hidden = true })
find("again").addEventListener("click", () => location.reload())
for (const button of room.querySelectorAll("[data-leave]")) {
  button.addEventListener("click", async () => {
    await signalling.request({ type: "leave" }).catch(() => {})
    sessionStorage.removeItem(READY(me.link))
    find("again").hidden = false
    stop("You have left the hearing", "You can come back to the same place until the hearing is over.")
  })
}

find("report-form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const kind = new FormData(event.target).get("kind")
  find("reported").textContent = await signalling.request({ type: "problem", kind })
    .then(() => "The court has been told.", (error) => error.message)
  announce(find("reported").textContent)
})

addEventListener("pagehide", () => { signalling?.close(); carrying?.end() })
begin()

/** For figures of the connection, and for tests of it. */
export const figures = () => carrying?.connection?.getStats()
