/** The picture that goes with the work. No DOM. */
import { say } from "../app/toast";
import { backend, sayThrown } from "../app/world";
import { cover } from "./form";

export async function chooseCover(): Promise<void> {
  try {
    const [image] = await backend().pickFiles("image");
    if (!image) return;
    if (image.cause) say({ text: sayThrown(image.cause) });
    else cover.value = image;
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
