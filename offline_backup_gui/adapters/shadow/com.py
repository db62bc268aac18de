"""Calling COM objects through their tables of methods; pure ctypes, so it runs everywhere."""

from __future__ import annotations

import ctypes
import uuid

OK = 0


class Guid(ctypes.Structure):
    """GUID of guiddef.h."""

    _fields_ = (("data", ctypes.c_ubyte * 16),)

    def text(self) -> str:
        """Give it the way Windows writes it: {8-4-4-4-12}."""
        return "{" + str(uuid.UUID(bytes_le=bytes(self.data))) + "}"


class ComError(Exception):
    """A method said no: which step, and the HRESULT as an unsigned number."""

    def __init__(self, step: str, number: int) -> None:
        super().__init__(f"{step}: 0x{number & 0xFFFFFFFF:08X}")
        self.step, self.number = step, number & 0xFFFFFFFF


class ComObject:
    """One interface pointer, with the names of its methods in the order of its table.

    64-bit Windows has a single calling convention and passes 16-byte structures by address, so a
    GUID argument is a pointer here, whatever the header says.
    """

    def __init__(self, address: int, methods: tuple[str, ...]) -> None:
        self._address, self._methods = address, methods
        self._table = ctypes.cast(
            ctypes.c_void_p.from_address(address).value or 0, ctypes.POINTER(ctypes.c_void_p)
        )

    def call(self, name: str, *arguments: object) -> int:
        """Call a method by name; gives the HRESULT as an unsigned number.

        Each argument is an instance of a ctypes type, or made by `ctypes.byref`.
        """
        place = self._table[self._methods.index(name)]
        kinds = [
            kind if issubclass(kind := type(argument), ctypes._SimpleCData) else ctypes.c_void_p
            for argument in arguments
        ]
        function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, *kinds)(place or 0)
        return int(function(self._address, *arguments)) & 0xFFFFFFFF

    def must(self, name: str, *arguments: object) -> None:
        """Call a method that has to succeed; ComError when it does not."""
        number = self.call(name, *arguments)
        if number != OK:
            raise ComError(name, number)

    def release(self) -> None:
        """Give the pointer back."""
        self.call("Release")
