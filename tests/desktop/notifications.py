"""A desktop's notification server on the session bus: prints each notice as a line of JSON, and clicks what it reads: `<id> <action>`."""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"


class Server(dbus.service.Object):
    last = 0

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["actions", "body", "body-markup"]

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return ("test", "slipway", "1", "1.2")

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, title, body, actions, hints, lasts):
        if replaces == 0:
            self.last += 1
        shown = int(replaces) or self.last
        told = {"id": shown, "replaces": int(replaces), "app": app, "title": title, "body": body, "actions": list(actions)}
        print(json.dumps(told), flush=True)
        return dbus.UInt32(shown)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, shown):
        self.NotificationClosed(shown, 3)

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, shown, action):
        pass

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, shown, reason):
        pass


def clicked(source, _condition):
    line = source.readline()
    if not line:
        return False
    shown, action = line.split()
    server.ActionInvoked(dbus.UInt32(int(shown)), action)
    server.NotificationClosed(dbus.UInt32(int(shown)), dbus.UInt32(2))
    return True


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
owned = dbus.service.BusName(NAME, bus)
server = Server(bus, "/org/freedesktop/Notifications")
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, clicked)
print("ready", flush=True)
GLib.MainLoop().run()
