// A picture and a quiet tone in place of a camera and microphone, for the demonstration only: several tabs on
// one machine can hold a hearing without howling.

const WIDTH = 640, HEIGHT = 360, FRAMES_PER_SECOND = 15
const LOUDNESS = 0.004 // heard as present, hardly as sound
const COLOURS = ["#16324f", "#2c5234", "#59323c", "#44355b", "#5b4a1e", "#1e4d5b"]

/** Tracks that move and sound; `name` is written on the picture, and sets its colour and pitch. */
export function testTracks(name) {
  const canvas = document.createElement("canvas")
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const paint = canvas.getContext("2d")
  const number = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7)
  let frame = 0
  const draw = () => {
    paint.fillStyle = COLOURS[number % COLOURS.length]
    paint.fillRect(0, 0, WIDTH, HEIGHT)
    const angle = (frame++ / FRAMES_PER_SECOND) * 1.2
    paint.fillStyle = "rgba(255, 255, 255, 0.3)"
    paint.beginPath()
    paint.arc(WIDTH / 2 + Math.cos(angle) * 210, HEIGHT / 2 + Math.sin(angle) * 110, 34, 0, Math.PI * 2)
    paint.fill()
    paint.fillStyle = "#fff"
    paint.textAlign = "center"
    paint.font = "bold 44px arial, sans-serif"
    paint.fillText(name, WIDTH / 2, HEIGHT / 2, WIDTH - 60)
    paint.font = "24px arial, sans-serif"
    paint.fillText("Test picture", WIDTH / 2, HEIGHT / 2 + 46)
  }
  draw()
  const timer = setInterval(draw, 1000 / FRAMES_PER_SECOND)
  const video = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks()[0]

  const context = new AudioContext()
  const tone = new OscillatorNode(context, { frequency: 220 + (number % 12) * 20 })
  const quiet = new GainNode(context, { gain: LOUDNESS })
  const out = context.createMediaStreamDestination()
  tone.connect(quiet).connect(out)
  tone.start()
  if (context.state === "suspended") addEventListener("pointerdown", () => context.resume(), { once: true })
  const audio = out.stream.getAudioTracks()[0]

  const end = () => { clearInterval(timer); tone.stop(); if (context.state !== "closed") context.close() }
  return { video, audio, end }
}
