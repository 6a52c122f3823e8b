// One person in the scene: a sphere for each joint, a cylinder for each bone, and the trails of the feet.
import { BufferAttribute, BufferGeometry, Color, CylinderGeometry, Group, Line, LineBasicMaterial, Mesh } from "three";
import { MeshLambertMaterial, SphereGeometry, Vector3 } from "three";

const UP = new Vector3(0, 1, 0);
const SPHERE = new SphereGeometry(1, 16, 12);
const CYLINDER = new CylinderGeometry(1, 1, 1, 12);
const TRAIL = 1.5; // seconds

export class Figure {
  constructor(person, fps) {
    this.person = person;
    this.trail = Math.max(2, Math.round(TRAIL * fps));
    this.group = new Group();
    const tint = (side) => new Color(person.colours[side]);
    const sides = person.joints.map((_, joint) => (person.left.includes(joint) ? 0 : person.right.includes(joint) ? 2 : 1));
    const solid = (joint) => new MeshLambertMaterial({ color: tint(sides[joint]), transparent: true });
    this.joints = person.joints.map((name, joint) => {
      const mesh = new Mesh(SPHERE, solid(joint));
      mesh.scale.setScalar(0.028);
      mesh.userData = { person, joint };
      return mesh;
    });
    this.bones = person.parents.flatMap((parent, joint) => {
      if (parent < 0) return [];
      return [{ parent, joint, mesh: new Mesh(CYLINDER, solid(joint)) }];
    });
    this.trails = person.feet.map((joint) => {
      const geometry = new BufferGeometry();
      geometry.setAttribute("position", new BufferAttribute(new Float32Array(3 * this.trail), 3));
      const line = new Line(geometry, new LineBasicMaterial({ color: tint(sides[joint]) }));
      line.frustumCulled = false;
      return { joint, line };
    });
    this.group.add(...this.joints, ...this.bones.map((bone) => bone.mesh), ...this.trails.map((trail) => trail.line));
    this.a = new Vector3();
    this.b = new Vector3();
  }

  // A joint in a frame. The world's z points up, the scene's y does.
  place(frame, joint, into) {
    const at = 3 * (frame * this.person.joints.length + joint);
    const p = this.person.positions;
    return into.set(p[at], p[at + 2], -p[at + 1]);
  }

  show(frame) {
    this.group.visible = frame !== null && !this.person.hidden;
    if (!this.group.visible) return;
    const count = this.person.joints.length;
    const sure = (joint) => 0.15 + 0.85 * this.person.confidence[frame * count + joint];
    this.joints.forEach((mesh, joint) => {
      this.place(frame, joint, mesh.position);
      mesh.material.opacity = sure(joint);
    });
    for (const { parent, joint, mesh } of this.bones) {
      this.place(frame, parent, this.a);
      this.place(frame, joint, this.b);
      mesh.position.addVectors(this.a, this.b).multiplyScalar(0.5);
      this.b.sub(this.a);
      const length = this.b.length();
      mesh.visible = length > 1e-6;
      if (!mesh.visible) continue;
      mesh.scale.set(0.018, length, 0.018);
      mesh.quaternion.setFromUnitVectors(UP, this.b.divideScalar(length));
      mesh.material.opacity = Math.min(sure(parent), sure(joint));
    }
    for (const { joint, line } of this.trails) {
      const places = line.geometry.attributes.position;
      const first = Math.max(0, frame - this.trail + 1);
      for (let step = first; step <= frame; step++) {
        this.place(step, joint, this.a);
        places.setXYZ(step - first, this.a.x, Math.max(this.a.y, 0.004), this.a.z);
      }
      places.needsUpdate = true;
      line.geometry.setDrawRange(0, frame - first + 1);
    }
  }
}
