// The viewer: people who move over a floor, a bar to play them, and the picture they were lifted from.
import { AmbientLight, Box3, Color, DirectionalLight, PerspectiveCamera, Raycaster, Scene } from "three";
import { Vector2, Vector3, WebGLRenderer } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { Figure } from "./figure.js";
import { makeFloor } from "./floor.js";
import { frameOf, readMotion } from "./motion.js";
import { Picture } from "./picture.js";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2];
const motion = readMotion();
const get = (id) => document.getElementById(id);
const stage = get("stage");
const state = { time: 0, playing: false, speed: 1, follow: motion.people.length === 1 };

const scene = new Scene();
scene.background = new Color("#f4f5f7");
scene.add(new AmbientLight("#ffffff", 1.9));
const sun = new DirectionalLight("#ffffff", 1.6);
sun.position.set(2, 5, 4);
scene.add(sun);

scene.add(makeFloor());
const camera = new PerspectiveCamera(40, 1, 0.05, 200);
const renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
stage.append(renderer.domElement);
const controls = new OrbitControls(camera, renderer.domElement);
controls.maxPolarAngle = 0.55 * Math.PI;
const figures = motion.people.map((person) => new Figure(person, motion.fps));
scene.add(...figures.map((figure) => figure.group));
const picture = new Picture(motion, get("picture"));

const frame = () => Math.min(motion.frames - 1, Math.floor(state.time * motion.fps + 1e-6));

function middle(at, into) {
  let there = 0;
  into.set(0, 0, 0);
  const place = new Vector3();
  for (const figure of figures) {
    const own = frameOf(figure.person, at);
    if (own === null || figure.person.hidden) continue;
    into.add(figure.place(own, figure.person.root, place));
    there++;
  }
  return there ? into.divideScalar(there) : null;
}

function reset() {
  const box = new Box3();
  const place = new Vector3();
  if (state.follow) middle(frame(), place) && box.expandByPoint(place);
  else
    for (const figure of figures)
      for (let own = 0; own < figure.person.frames; own += 5) box.expandByPoint(figure.place(own, figure.person.root, place));
  box.getCenter(controls.target);
  controls.target.y = 0.9;
  const wide = Math.max(1.1, 0.5 * box.getSize(place).length() + 1);
  const away = (wide / Math.tan((camera.fov * Math.PI) / 360)) * Math.max(1, 1 / camera.aspect);
  camera.position.copy(controls.target).add(new Vector3(0.5, 0.35, 1).normalize().multiplyScalar(away));
  controls.update();
}

const followed = new Vector3();
function show() {
  const at = frame();
  for (const figure of figures) figure.show(frameOf(figure.person, at));
  if (state.follow) {
    const now = middle(at, new Vector3());
    if (now) {
      const moved = now.clone().sub(followed).setY(0);
      if (followed.lengthSq()) {
        controls.target.add(moved);
        camera.position.add(moved);
      }
      followed.copy(now);
    }
  }
  picture.show(at, state.playing, state.speed);
  get("scrub").value = at;
  get("frame").textContent = `frame ${motion.first + at} · ${((motion.first + at) / motion.fps).toFixed(2)} s`;
  get("play").textContent = state.playing ? "❚❚" : "▶";
  get("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
}

function goTo(at) {
  state.time = Math.min(motion.frames - 1, Math.max(0, at)) / motion.fps;
  show();
}
function play(on) {
  if (on && frame() === motion.frames - 1) state.time = 0;
  state.playing = on;
  show();
}
function speed(step) {
  const now = SPEEDS.indexOf(state.speed);
  state.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, now + step))];
  get("speed").value = state.speed;
}
function follow(on) {
  state.follow = on;
  get("follow").checked = on;
  followed.set(0, 0, 0);
  show();
}

get("scrub").max = motion.frames - 1;
get("scrub").oninput = (event) => goTo(+event.target.value);
get("play").onclick = () => play(!state.playing);
get("speed").append(...SPEEDS.map((value) => new Option(`${value}×`, value, value === 1, value === 1)));
get("speed").onchange = (event) => (state.speed = +event.target.value);
get("follow").onchange = (event) => follow(event.target.checked);
get("reset").onclick = reset;
get("title").textContent = motion.title;
get("notes").textContent = motion.notes.join(" ");
motion.people.forEach((person, number) => {
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
  box.onchange = () => ((person.hidden = !box.checked), show());
  person.box = box;
  const dot = document.createElement("i");
  dot.style.background = person.colours[1];
  label.append(box, dot, ` ${person.name}`);
  label.title = `key ${number + 1}`;
  get("people").append(label);
});

const keys = {
  " ": () => play(!state.playing),
  ArrowLeft: (event) => goTo(frame() - (event.shiftKey ? 10 : 1)),
  ArrowRight: (event) => goTo(frame() + (event.shiftKey ? 10 : 1)),
  Home: () => goTo(0),
  End: () => goTo(motion.frames - 1),
  "+": () => speed(1),
  "-": () => speed(-1),
  f: () => follow(!state.follow),
  r: reset,
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.tagName !== "BODY" && event.target.id !== "scrub") return;
  const person = motion.people[+event.key - 1];
  if (person) person.box.click();
  else if (keys[event.key] && event.target.id !== "speed") keys[event.key](event);
  else return;
  event.preventDefault();
});

const ray = new Raycaster();
renderer.domElement.addEventListener("pointermove", (event) => {
  const { left, top, width, height } = renderer.domElement.getBoundingClientRect();
  const at = new Vector2(((event.clientX - left) / width) * 2 - 1, 1 - ((event.clientY - top) / height) * 2);
  ray.setFromCamera(at, camera);
  const seen = figures.filter((figure) => figure.group.visible).flatMap((figure) => figure.joints);
  const hit = ray.intersectObjects(seen, false)[0];
  const tip = get("tip");
  tip.hidden = !hit;
  if (!hit) return;
  const { person, joint } = hit.object.userData;
  const own = frameOf(person, frame());
  const sure = person.confidence[own * person.joints.length + joint];
  tip.textContent = `${person.joints[joint]} · ${person.name} · confidence ${sure.toFixed(2)}`;
  tip.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
});

function fit() {
  const { clientWidth: width, clientHeight: height } = stage;
  renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
  renderer.setSize(width, height);
  camera.aspect = width / height;
  camera.updateProjectionMatrix();
}
new ResizeObserver(fit).observe(stage);
fit();
follow(state.follow);
reset();

let before = performance.now();
renderer.setAnimationLoop((now) => {
  if (state.playing) {
    state.time += (state.speed * (now - before)) / 1000;
    if (state.time * motion.fps >= motion.frames - 1) {
      state.time = (motion.frames - 1) / motion.fps;
      state.playing = false;
    }
    show();
  }
  before = now;
  controls.update();
  renderer.render(scene, camera);
});
