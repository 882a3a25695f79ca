// Servos, and the dust cap that one of them moves.

import { panel, setHidden } from "../dom.js";
import { makeChoice, makeSlider } from "./controls.js";

const PINS = 16;

export function makeServos(context) {
  const cap = [makeChoice(context, "CAP_PARK", "Dust cap"), makeChoice(context, "CAP_ABORT", "Travel of the cap")];
  const angles = Array.from({ length: PINS }, (_, pin) =>
    makeSlider(context, `SERVO_ANGLE_${pin}`, "ANGLE", `Servo at pin ${pin}`, "°"),
  );
  const controls = [...cap, ...angles];
  const element = panel("Servos and cap", "servos", ...controls.map((control) => control.element));
  return {
    element,
    update(touched) {
      for (const control of controls) control.update(touched);
      setHidden(element, !controls.some((control) => !control.element.hidden));
    },
  };
}
