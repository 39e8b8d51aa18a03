/** The picture that goes with the work. No DOM. */
import type { OfferedFile } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown } from "../app/world";
import { target, write } from "./form";

export function takeCover(image: OfferedFile): void {
  if (image.cause) say({ text: sayThrown(image.cause) });
  else write(target(), () => ({ cover: image }));
}

export const dropCover = () => write(target(), () => ({ cover: null }));

export async function chooseCover(): Promise<void> {
  try {
    const [image] = await backend().pickFiles("image");
    if (image) takeCover(image);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
