"""The Windows program in a Windows made of Wine: installed, driven, looked at, removed."""
