"""A dock that shows progress: prints what it is told by `com.canonical.Unity.LauncherEntry` as lines of JSON."""
import json

import dbus
import dbus.mainloop.glib
from gi.repository import GLib


def told(entry, what):
    shown = {"entry": entry, "share": float(what["progress"]), "visible": bool(what["progress-visible"])}
    print(json.dumps(shown), flush=True)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
bus.add_signal_receiver(told, "Update", "com.canonical.Unity.LauncherEntry")
print("ready", flush=True)
GLib.MainLoop().run()
