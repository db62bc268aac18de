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
  !insertmacro ${DO} "offline-backup.exe"
  !insertmacro ${DO} "OfflineBackup.exe"
!macroend

!macro TAKE_PLACE PART
  ${IfNot} ${Errors}
    ${If} ${FileExists} "$INSTDIR\${PART}"
      Rename "$INSTDIR\${PART}" "${STALE}\${PART}"
    ${EndIf}
    ${IfNot} ${Errors}
      Rename "${FRESH}\${PART}" "$INSTDIR\${PART}"
    ${EndIf}
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
  RMDir /r "${FRESH}"
  RMDir /r "${STALE}"
  ClearErrors
  CreateDirectory "${STALE}"
  SetOutPath "${FRESH}"
  SetOverwrite try ; a file that cannot be written sets the error flag instead of asking
  File /r "${STAGE}/*"
  SetOutPath "$INSTDIR" ; the current folder could not be renamed
  !insertmacro EACH_PART TAKE_PLACE
  ${If} ${Errors}
    Call GoBack
    RMDir /r "${FRESH}"
    RMDir /r "${STALE}"
    SetOutPath "$TEMP"
    RMDir "$INSTDIR"
    DeleteRegValue HKLM "${KEY}" "Unfinished"
    DeleteRegKey /ifempty HKLM "${KEY}"
    !insertmacro REFUSE "$(NOT_WRITTEN)" ${EXIT_NOT_WRITTEN}
  ${EndIf}
  RMDir /r "${FRESH}"
  RMDir /r "${STALE}"
FunctionEnd

Function GoBack
  ; OfflineBackup.exe is moved last: as long as the old one is in place, the old version is whole
  ; again once its parts are back.
  !insertmacro EACH_PART GO_BACK
FunctionEnd
