// Freezes the root of all objects before the page's scripts run: what slips into the page cannot change what others inherit.
//
// Tauri's own switch freezes it too, but then no object can be given a `toString` of its own by assignment, which the signals library does.
for (const name of ["toString", "valueOf"]) {
  const inherited = Object.prototype[name];
  Object.defineProperty(Object.prototype, name, {
    get: () => inherited,
    set(own) {
      Object.defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
    },
  });
}
Object.freeze(Object.prototype);
