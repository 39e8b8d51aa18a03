"""logind on the bus whose address it is given: offers everything, and prints each method that would end the machine's day."""
import os
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.login1"
MANAGER = "org.freedesktop.login1.Manager"
held = []


class Manager(dbus.service.Object):
    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        ours, theirs = os.pipe()
        held.append(ours)
        return dbus.types.UnixFd(theirs)

    @dbus.service.method(MANAGER, out_signature="s")
    def CanSuspend(self):
        return "yes"

    @dbus.service.method(MANAGER, out_signature="s")
    def CanHibernate(self):
        return "challenge"

    @dbus.service.method(MANAGER, out_signature="s")
    def CanPowerOff(self):
        return "yes"

    @dbus.service.method(MANAGER, in_signature="b")
    def Suspend(self, interactive):
        print("Suspend", flush=True)

    @dbus.service.method(MANAGER, in_signature="b")
    def PowerOff(self, interactive):
        print("PowerOff", flush=True)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(sys.argv[1])
owned = dbus.service.BusName(NAME, bus)
manager = Manager(bus, "/org/freedesktop/login1")
print("ready", flush=True)
GLib.MainLoop().run()
