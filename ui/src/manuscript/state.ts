import type { OfferedFile } from "../bindings";
export function offer(_files: readonly OfferedFile[]): void {}
export async function chooseFiles(): Promise<void> {}
export function newUpload(): void {}
