// One participant as a page: a camera and a microphone up, a fixed number of seats down.
let connection;
const lines = [];

async function offer(seats, publish) {
  connection = new RTCPeerConnection();
  if (publish) {
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
    for (const track of media.getTracks()) {
      connection.addTransceiver(track, { direction: "sendonly", streams: [media] });
    }
  }
  for (let i = 0; i < seats; i++) {
    lines.push({
      audio: connection.addTransceiver("audio", { direction: "recvonly" }),
      video: connection.addTransceiver("video", { direction: "recvonly" }),
    });
  }
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}

async function accept(answer) {
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
  for (const seat of lines) {
    const player = document.createElement("video");
    player.autoplay = true;
    player.srcObject = new MediaStream([seat.audio.receiver.track, seat.video.receiver.track]);
    document.body.append(player);
  }
}

async function received(receiver) {
  for (const report of (await receiver.getStats()).values()) {
    if (report.type === "inbound-rtp") return report;
  }
  return {};
}

async function seats() {
  return Promise.all(
    lines.map(async ({ audio, video }) => {
      const [sound, picture] = [await received(audio.receiver), await received(video.receiver)];
      return {
        frames: picture.framesDecoded ?? 0,
        width: picture.frameWidth ?? 0,
        freezes: picture.freezeCount ?? 0,
        packets: picture.packetsReceived ?? 0,
        energy: sound.totalAudioEnergy ?? 0,
        soundPackets: sound.packetsReceived ?? 0,
      };
    }),
  );
}

async function restart() {
  connection.restartIce();
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}

async function restarted(fragment) {
  const fresh = ["ice-ufrag", "ice-pwd"].map((name) => fragment.match(new RegExp(`^a=${name}:.*$`, "m"))[0].trim());
  const answer = connection.remoteDescription.sdp
    .replace(/^a=ice-ufrag:.*$/gm, fresh[0])
    .replace(/^a=ice-pwd:.*$/gm, fresh[1]);
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
}

function state() {
  return connection.connectionState;
}
