// The floor: a grid of half metres, its axes darker. Every cell has lines of its own, as some drivers drop long lines.
import { BufferGeometry, Color, Float32BufferAttribute, LineBasicMaterial, LineSegments } from "three";

const CELL = 0.5;
const HALF = 40; // cells to each side
const LINE = new Color("#d5dae0");
const AXIS = new Color("#9aa3ad");

export function makeFloor() {
  const places = [];
  const colours = [];
  const line = (x, z, dx, dz, colour) => {
    places.push(x, 0, z, x + dx, 0, z + dz);
    colours.push(...colour.toArray(), ...colour.toArray());
  };
  for (let across = -HALF; across <= HALF; across++)
    for (let along = -HALF; along < HALF; along++) {
      const colour = across === 0 ? AXIS : LINE;
      line(across * CELL, along * CELL, 0, CELL, colour);
      line(along * CELL, across * CELL, CELL, 0, colour);
    }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(places, 3));
  geometry.setAttribute("color", new Float32BufferAttribute(colours, 3));
  return new LineSegments(geometry, new LineBasicMaterial({ vertexColors: true }));
}
