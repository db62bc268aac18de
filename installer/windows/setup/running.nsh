; Windows lets nobody open a program file for writing while the program runs.

!macro RUNNING_FUNCTIONS UN
Function ${UN}IsRunning ; $0 becomes 1 when one of our programs runs
  StrCpy $0 0
  !insertmacro ASK_WHETHER_HELD "$INSTDIR\OfflineBackup.exe"
  !insertmacro ASK_WHETHER_HELD "$INSTDIR\offline-backup.exe"
FunctionEnd

Function ${UN}RequireNotRunning
  ${Do}
    Call ${UN}IsRunning
    ${If} $0 == 0
      ${Break}
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDCANCEL IDRETRY again_${UN}
    SetErrorLevel ${EXIT_RUNNING}
    Quit
    again_${UN}:
  ${Loop}
FunctionEnd
!macroend

!macro ASK_WHETHER_HELD FILE
  ${If} ${FileExists} "${FILE}"
    ClearErrors
    FileOpen $1 "${FILE}" a
    ${If} ${Errors}
      StrCpy $0 1
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
!macroend

!insertmacro RUNNING_FUNCTIONS ""
!insertmacro RUNNING_FUNCTIONS "un."
