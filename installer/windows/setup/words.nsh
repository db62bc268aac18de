; Every sentence of our own that setup and uninstaller show.

LangString WELCOME ${LANG_ENGLISH} "Offline Backup makes the first full backup to Azure on drives.$\r$\n$\r$\nIt is installed for everybody who uses this computer. Plans and backups of an earlier version are kept.$\r$\n$\r$\nSetup needs administrator rights, and so does the program. Nothing is downloaded, and no port is opened."
LangString WELCOME ${LANG_GERMAN} "Offline Backup erstellt die erste vollständige Sicherung nach Azure auf Datenträgern.$\r$\n$\r$\nEs wird für alle installiert, die diesen Computer verwenden. Pläne und Sicherungen einer früheren Version bleiben erhalten.$\r$\n$\r$\nDas Setup benötigt Administratorrechte, das Programm ebenfalls. Es wird nichts heruntergeladen und kein Port geöffnet."

LangString OLD_WINDOWS ${LANG_ENGLISH} "This Windows is too old. ${NAME} needs Windows Server 2019, Windows 10 version 1809, or later. Nothing was changed."
LangString OLD_WINDOWS ${LANG_GERMAN} "Dieses Windows ist zu alt. ${NAME} benötigt Windows Server 2019, Windows 10 Version 1809 oder neuer. Es wurde nichts verändert."

LangString RUNNING ${LANG_ENGLISH} "${NAME} is running: its window, or a copy or increment in the background. Close the window, wait for the job or pause it, then choose Retry."
LangString RUNNING ${LANG_GERMAN} "${NAME} läuft: sein Fenster oder ein Kopiervorgang im Hintergrund. Schließen Sie das Fenster, warten Sie den Vorgang ab oder halten Sie ihn an und wählen Sie dann „Wiederholen“."

LangString NOT_WRITTEN ${LANG_ENGLISH} "The files could not be written to $INSTDIR. The disk may be full, or another program holds a file there. What was installed before is still there. Make room, then run setup again."
LangString NOT_WRITTEN ${LANG_GERMAN} "Die Dateien konnten nicht nach $INSTDIR geschrieben werden. Vielleicht ist der Datenträger voll, oder ein anderes Programm hält dort eine Datei offen. Was vorher installiert war, ist noch da. Schaffen Sie Platz und starten Sie das Setup erneut."

LangString NEWER_THERE ${LANG_ENGLISH} "A newer version of ${NAME} ($0) is installed. An older one could not read its plans. Uninstall the newer version first if you really want this one."
LangString NEWER_THERE ${LANG_GERMAN} "Eine neuere Version von ${NAME} ($0) ist installiert. Eine ältere könnte deren Pläne nicht lesen. Deinstallieren Sie zuerst die neuere Version, wenn Sie wirklich diese wollen."

LangString MSI_THERE ${LANG_ENGLISH} "${NAME} was installed from its MSI file. Install the new version as an MSI file too, or uninstall the old one first."
LangString MSI_THERE ${LANG_GERMAN} "${NAME} wurde mit der MSI-Datei installiert. Installieren Sie auch die neue Version als MSI-Datei oder deinstallieren Sie zuerst die alte."

LangString FOLDER_NOT_FIXED ${LANG_ENGLISH} "Choose a folder on a built-in drive of this computer: not on a removable or network drive, and not the drive itself."
LangString FOLDER_NOT_FIXED ${LANG_GERMAN} "Wählen Sie einen Ordner auf einem eingebauten Laufwerk dieses Computers: nicht auf einem Wechsel- oder Netzlaufwerk und nicht das Laufwerk selbst."

LangString FOLDER_NOT_EMPTY ${LANG_ENGLISH} "The folder holds files that are not ${NAME}. Choose an empty folder or a new one."
LangString FOLDER_NOT_EMPTY ${LANG_GERMAN} "Der Ordner enthält Dateien, die nicht zu ${NAME} gehören. Wählen Sie einen leeren oder neuen Ordner."

LangString ELSEWHERE ${LANG_ENGLISH} "${NAME} is installed in $0. An upgrade stays in that folder; to move it, uninstall it first. Plans and keys are kept."
LangString ELSEWHERE ${LANG_GERMAN} "${NAME} ist in $0 installiert. Eine neue Version bleibt in diesem Ordner; um ihn zu wechseln, deinstallieren Sie zuerst. Pläne und Schlüssel bleiben erhalten."

LangString FOLDER_NOT_PROTECTED ${LANG_ENGLISH} "The folder cannot be protected against changes by ordinary users. Choose a folder on an NTFS drive, best below Program Files."
LangString FOLDER_NOT_PROTECTED ${LANG_GERMAN} "Der Ordner lässt sich nicht gegen Änderungen durch normale Benutzer schützen. Wählen Sie einen Ordner auf einem NTFS-Laufwerk, am besten unter „Programme“."

LangString ABOVE_NOT_PROTECTED ${LANG_ENGLISH} "Others than administrators may rename or replace $R0, and with it the program. Choose a folder below Program Files, or one whose upper folders only administrators may change."
LangString ABOVE_NOT_PROTECTED ${LANG_GERMAN} "Nicht nur Administratoren dürfen $R0 umbenennen oder ersetzen und damit das Programm austauschen. Wählen Sie einen Ordner unter „Programme“ oder einen, dessen übergeordnete Ordner nur Administratoren ändern dürfen."

LangString NOT_INSTALLED_HERE ${LANG_ENGLISH} "${NAME} is not installed in $INSTDIR, or not by its setup program. Nothing was changed. To uninstall it, use the list of apps in Windows; to mend an installation, run setup again."
LangString NOT_INSTALLED_HERE ${LANG_GERMAN} "${NAME} ist nicht in $INSTDIR installiert, oder nicht mit dem Setup-Programm. Es wurde nichts verändert. Deinstallieren Sie es in der Liste der Apps von Windows; um eine Installation zu reparieren, starten Sie das Setup erneut."

LangString ALSO_STATE ${LANG_ENGLISH} "Also remove plans, logs and the keys of backups from this computer?$\r$\n$\r$\nWithout the recovery kit nobody can then restore the backups of this computer. Choose No to keep them."
LangString ALSO_STATE ${LANG_GERMAN} "Auch Pläne, Protokolle und Schlüssel der Sicherungen von diesem Computer entfernen?$\r$\n$\r$\nOhne das Wiederherstellungsblatt kann danach niemand die Sicherungen dieses Computers wiederherstellen. Wählen Sie „Nein“, um sie zu behalten."

; Say why setup ends, when somebody is there to read it, and end with a code for scripts.
!macro REFUSE SENTENCE CODE
  MessageBox MB_OK|MB_ICONSTOP "${SENTENCE}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend
