// Reads the motion that the page holds: whole numbers of 16 bits in base64, and the unit of each array.

function bytes(text) {
  const letters = atob(text);
  const found = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) found[i] = letters.charCodeAt(i);
  return found.buffer;
}

function values({ unit, data, bits }) {
  const whole = bits === 8 ? new Uint8Array(bytes(data)) : new Int16Array(bytes(data));
  return Float32Array.from(whole, (value) => value * unit);
}

export function readMotion() {
  const motion = JSON.parse(document.getElementById("motion").textContent);
  for (const person of motion.people) {
    person.positions = values(person.positions);
    person.confidence = values(person.confidence);
    person.seen = values(person.seen);
    person.keypoints = person.keypoints && values(person.keypoints);
    person.frames = person.confidence.length / person.joints.length;
  }
  motion.frames = Math.max(...motion.people.map((person) => person.first + person.frames));
  return motion;
}

// Frame of a person at a frame of the whole motion; null where the person is not there.
export function frameOf(person, frame) {
  const own = frame - person.first;
  return own >= 0 && own < person.frames ? own : null;
}
