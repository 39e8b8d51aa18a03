import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endToast, goOn, hold, say, toast, TOAST_MS, undoToast } from "./toast";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  endToast();
  vi.useRealTimers();
});

describe("a toast", () => {
  it("has its consequence after ten seconds and not before", () => {
    const end = vi.fn();
    say({ text: "removed", end });
    vi.advanceTimersByTime(TOAST_MS - 1);
    expect(end).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(end).toHaveBeenCalledOnce();
    expect(toast.value).toBeNull();
  });

  it("that is undone has no consequence", () => {
    const end = vi.fn();
    const undo = vi.fn();
    say({ text: "removed", end, undo });
    undoToast();
    vi.advanceTimersByTime(TOAST_MS * 2);
    expect(undo).toHaveBeenCalledOnce();
    expect(end).not.toHaveBeenCalled();
  });

  it("comes to its end when another takes its place", () => {
    const end = vi.fn();
    say({ text: "one", end });
    say({ text: "two" });
    expect(end).toHaveBeenCalledOnce();
    expect(toast.value?.text).toBe("two");
  });

  it("waits while it is looked at", () => {
    const end = vi.fn();
    say({ text: "removed", end });
    vi.advanceTimersByTime(6_000);
    hold();
    vi.advanceTimersByTime(60_000);
    expect(end).not.toHaveBeenCalled();
    goOn();
    vi.advanceTimersByTime(4_000);
    expect(end).toHaveBeenCalledOnce();
  });
});
