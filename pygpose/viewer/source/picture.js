// The picture beside the scene: the keypoints, over the video where it stands beside the page.
import { frameOf } from "./motion.js";

export class Picture {
  constructor(motion, element) {
    this.motion = motion;
    this.element = element;
    this.people = motion.people.filter((person) => person.keypoints);
    if (!this.people.length) {
      element.hidden = true;
      return;
    }
    const [width, height] = motion.size;
    this.canvas = element.querySelector("canvas");
    this.canvas.width = 480;
    this.canvas.height = Math.round((480 * height) / width);
    element.style.aspectRatio = `${width} / ${height}`;
    this.context = this.canvas.getContext("2d");
    this.video = element.querySelector("video");
    if (motion.video) {
      this.video.onerror = () => (this.video.hidden = true);
      this.video.src = motion.video;
    } else this.video.hidden = true;
  }

  show(frame, playing, speed) {
    if (!this.people.length) return;
    const { canvas, context, motion } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const half = canvas.width / 2;
    for (const person of this.people) {
      const own = frameOf(person, frame);
      if (own === null || person.hidden) continue;
      const count = person.joints.length;
      const at = (joint) => {
        const k = 2 * (own * count + joint);
        return [half * (1 + person.keypoints[k]), canvas.height / 2 + half * person.keypoints[k + 1]];
      };
      context.lineWidth = 3;
      person.parents.forEach((parent, joint) => {
        if (parent < 0) return;
        const side = person.left.includes(joint) ? 0 : person.right.includes(joint) ? 2 : 1;
        if (!person.seen[own * count + joint] || !person.seen[own * count + parent]) return;
        context.strokeStyle = person.colours[side];
        context.globalAlpha = 0.15 + 0.85 * Math.min(person.seen[own * count + joint], person.seen[own * count + parent]);
        context.beginPath();
        context.moveTo(...at(parent));
        context.lineTo(...at(joint));
        context.stroke();
      });
      context.globalAlpha = 1;
    }
    if (this.video.hidden) return;
    const time = (motion.first + frame + 0.5) / motion.fps;
    if (Math.abs(this.video.currentTime - time) > (playing ? 0.2 : 0.5 / motion.fps)) this.video.currentTime = time;
    this.video.playbackRate = speed;
    if (playing && this.video.paused) this.video.play().catch(() => {});
    if (!playing && !this.video.paused) this.video.pause();
  }
}
