; The new files are written beside the old ones and then take their place, folder by folder. So no
; module of an earlier version is left over, and a full disk leaves the earlier version as it was.

!define FRESH "$INSTDIR\new-version"
!define STALE "$INSTDIR\old-version"

!macro EACH_PART DO
  !insertmacro ${DO} "runtime"
  !insertmacro ${DO} "lib"
  !insertmacro ${DO} "app"
  !insertmacro ${DO} "licenses"
  !insertmacro ${DO} "qt.conf"
  !insertmacro ${DO} "uninstall.exe"
  !insertmacro ${DO} "offline-backup.exe"
  !insertmacro ${DO} "OfflineBackup.exe"
!macroend

; Looking at the error flag clears it, so what went wrong is remembered here.
Var Failed
Var FirstTime

!macro REMEMBER_ERRORS
  ${If} ${Errors}
    StrCpy $Failed 1
  ${EndIf}
!macroend

!macro TAKE_PLACE PART
  ${If} $Failed == 0
  ${AndIf} ${FileExists} "$INSTDIR\${PART}"
    Rename "$INSTDIR\${PART}" "${STALE}\${PART}"
    !insertmacro REMEMBER_ERRORS
  ${EndIf}
  ${If} $Failed == 0
    Rename "${FRESH}\${PART}" "$INSTDIR\${PART}"
    !insertmacro REMEMBER_ERRORS
  ${EndIf}
!macroend

; What of the old version had moved goes back; what of the new one had come makes way.
!macro GO_BACK PART
  ${If} ${FileExists} "${STALE}\${PART}"
    !insertmacro REMOVE_PART "${PART}"
    Rename "${STALE}\${PART}" "$INSTDIR\${PART}"
  ${EndIf}
!macroend

!macro REMOVE_PART PART
  RMDir /r "$INSTDIR\${PART}"
  Delete "$INSTDIR\${PART}"
!macroend

Function PutFiles
  Call GoBack ; a setup that was killed in between left both versions in parts
  SetDetailsPrint none ; nobody reads a thousand lines about files that go
  RMDir /r "${FRESH}"
  RMDir /r "${STALE}"
  SetDetailsPrint textonly
  StrCpy $FirstTime 1
  ${If} ${FileExists} "$INSTDIR\OfflineBackup.exe"
    StrCpy $FirstTime 0
  ${EndIf}
  StrCpy $Failed 0
  ClearErrors
  CreateDirectory "${STALE}"
  SetOutPath "${FRESH}"
  SetOverwrite try ; a file that cannot be written sets the error flag instead of asking
  File /r "${STAGE}/*"
  !insertmacro REMEMBER_ERRORS
  WriteUninstaller "${FRESH}\uninstall.exe"
  !insertmacro REMEMBER_ERRORS
  SetOutPath "$INSTDIR" ; the current folder could not be renamed
  !insertmacro EACH_PART TAKE_PLACE
  ${If} $Failed == 1
    Call GoBack
    ${If} $FirstTime == 1 ; the folder was empty or new
      !insertmacro EACH_PART REMOVE_PART
    ${EndIf}
    RMDir /r "${FRESH}"
    RMDir /r "${STALE}"
    SetOutPath "$TEMP"
    RMDir "$INSTDIR"
    DeleteRegValue HKLM "${KEY}" "Unfinished"
    DeleteRegKey /ifempty HKLM "${KEY}"
    !insertmacro REFUSE "$(NOT_WRITTEN)" ${EXIT_NOT_WRITTEN}
  ${EndIf}
  SetDetailsPrint none
  RMDir /r "${FRESH}"
  RMDir /r "${STALE}"
  SetDetailsPrint both
FunctionEnd

Function GoBack
  ; OfflineBackup.exe is moved last: as long as the old one is in place, the old version is whole
  ; again once its parts are back.
  !insertmacro EACH_PART GO_BACK
FunctionEnd
