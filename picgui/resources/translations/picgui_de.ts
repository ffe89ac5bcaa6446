<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About picgui</source>
        <translation>Über picgui</translation>
    </message>
    <message>
        <source>Version %1</source>
        <translation>Version %1</translation>
    </message>
    <message>
        <source>Colour for old photographs. Nobody can know the colours of a black-and-white photograph; what you see are believable ones, drawn from a model (Probabilistic Image Colorization; Royer, Kolesnikov and Lampert, 2017). Everything is computed on this computer, and your photographs never leave it.</source>
        <translation>Farbe für alte Fotografien. Niemand kann die Farben einer Schwarz-Weiß-Aufnahme kennen; was Sie sehen, sind glaubhafte Farben, gezogen aus einem Modell (Probabilistic Image Colorization; Royer, Kolesnikov und Lampert, 2017). Alles wird auf diesem Rechner berechnet, Ihre Fotos verlassen ihn nie.</translation>
    </message>
    <message>
        <source>MIT licence. Qt is used under the LGPL.</source>
        <translation>MIT-Lizenz. Qt wird unter der LGPL verwendet.</translation>
    </message>
</context>
<context>
    <name>BatchDialog</name>
    <message>
        <source>Colorize %1 photographs</source>
        <translation>%1 Fotos kolorieren</translation>
    </message>
    <message>
        <source>Colorize a photograph</source>
        <translation>Ein Foto kolorieren</translation>
    </message>
    <message>
        <source>%1 samples of each photograph are written at full size, at temperature %2.</source>
        <translation>Von jedem Foto werden %1 Varianten in voller Größe gespeichert, bei Temperatur %2.</translation>
    </message>
    <message>
        <source>%1 sample of each photograph is written at full size, at temperature %2.</source>
        <translation>Von jedem Foto wird %1 Variante in voller Größe gespeichert, bei Temperatur %2.</translation>
    </message>
    <message>
        <source>Photographs</source>
        <translation>Fotos</translation>
    </message>
    <message>
        <source>Their results go into folders of the same names in the folder for the results.</source>
        <translation>Ihre Ergebnisse kommen in gleichnamige Ordner im Ordner für die Ergebnisse.</translation>
    </message>
    <message>
        <source>Folder for the results</source>
        <translation>Ordner für die Ergebnisse</translation>
    </message>
    <message>
        <source>A name alone is a folder beside each photograph.</source>
        <translation>Ein Name ohne Pfad steht für einen Ordner neben jedem Foto.</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>Go on with the settings of this folder&apos;s last queue</source>
        <translation>Weiter mit den Einstellungen des letzten Stapels aus diesem Ordner</translation>
    </message>
    <message>
        <source>Samples of each</source>
        <translation>Varianten je Foto</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>Sättigung</translation>
    </message>
    <message>
        <source>Open in the window</source>
        <translation>Im Fenster öffnen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Take out of the queue</source>
        <translation>Aus dem Stapel nehmen</translation>
    </message>
    <message>
        <source>Colorize those that failed once more</source>
        <translation>Misslungene noch einmal kolorieren</translation>
    </message>
    <message>
        <source>Kind of file</source>
        <translation>Dateityp</translation>
    </message>
    <message>
        <source>Only PNG brings the colours back when it is opened in picgui; JPEG is the smallest.</source>
        <translation>Nur PNG bringt die Farben zurück, wenn es in picgui geöffnet wird; JPEG ist am kleinsten.</translation>
    </message>
    <message>
        <source>How many samples of each photograph are written. Each is one believable colouring.</source>
        <translation>Wie viele Varianten von jedem Foto gespeichert werden. Jede ist eine glaubhafte Kolorierung.</translation>
    </message>
    <message>
        <source>How strong the colours are written.
Double-click to reset.</source>
        <translation>Wie kräftig die Farben gespeichert werden.
Doppelklick setzt zurück.</translation>
    </message>
    <message>
        <source>Replace earlier results that were drawn with other settings</source>
        <translation>Frühere Ergebnisse anderer Einstellungen ersetzen</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>Skip this one</source>
        <translation>Dieses überspringen</translation>
    </message>
    <message>
        <source>Show results</source>
        <translation>Ergebnisse zeigen</translation>
    </message>
    <message>
        <source>Look at the chosen photograph with its results in the window</source>
        <translation>Das gewählte Foto mit seinen Ergebnissen im Fenster ansehen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Write to</source>
        <translation>Speichern in</translation>
    </message>
    <message>
        <source>as</source>
        <translation>als</translation>
    </message>
    <message>
        <source>Their saturation is %1.</source>
        <translation>Sättigung: %1.</translation>
    </message>
    <message>
        <source>Looking for photographs in the folders inside…</source>
        <translation>In den Ordnern darin wird nach Fotos gesucht…</translation>
    </message>
    <message>
        <source>There are no photographs in this folder or in the folders inside. Choose another.</source>
        <translation>In diesem Ordner und in den Ordnern darin sind keine Fotos. Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>Also the %1 photographs in the folders inside</source>
        <translation>Auch die %1 Fotos in den Ordnern darin</translation>
    </message>
    <message>
        <source>Also the photograph in the folders inside</source>
        <translation>Auch das Foto in den Ordnern darin</translation>
    </message>
    <message>
        <source>Also the photographs in the folders inside, %1 so far…</source>
        <translation>Auch die Fotos in den Ordnern darin, bisher %1…</translation>
    </message>
    <message>
        <source>some %1 still to be written</source>
        <translation>noch etwa %1 zu speichern</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>%1 of %2 photographs</source>
        <translation>%1 von %2 Fotos</translation>
    </message>
    <message>
        <source>%1 of %2 photograph</source>
        <translation>%1 von %2 Foto</translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation>%1 misslungen</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>Photograph</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Seed %1</source>
        <translation>Startzahl %1</translation>
    </message>
    <message>
        <source>Plus and minus zoom, the arrow keys move; with Shift, the line between before and after. With a tool they move its crosshair, and Enter marks.</source>
        <translation>Plus und Minus zoomen, die Pfeiltasten verschieben; mit Umschalt die Linie zwischen Vorher und Nachher. Mit einem Werkzeug bewegen sie sein Fadenkreuz, und Eingabe markiert.</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>draft</source>
        <translation>Entwurf</translation>
    </message>
</context>
<context>
    <name>Choosing</name>
    <message>
        <source>Pinned: %1</source>
        <translation>Angeheftet: %1</translation>
    </message>
    <message>
        <source>No longer pinned: %1</source>
        <translation>Nicht mehr angeheftet: %1</translation>
    </message>
</context>
<context>
    <name>Exporting</name>
    <message>
        <source>PNG picture (*.png)</source>
        <translation>PNG-Bild (*.png)</translation>
    </message>
    <message>
        <source>PNG picture, 16 bits (*.png)</source>
        <translation>PNG-Bild, 16 Bit (*.png)</translation>
    </message>
    <message>
        <source>TIFF picture (*.tif *.tiff)</source>
        <translation>TIFF-Bild (*.tif *.tiff)</translation>
    </message>
    <message>
        <source>TIFF picture, 16 bits (*.tif *.tiff)</source>
        <translation>TIFF-Bild, 16 Bit (*.tif *.tiff)</translation>
    </message>
    <message>
        <source>JPEG picture (*.jpg *.jpeg)</source>
        <translation>JPEG-Bild (*.jpg *.jpeg)</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>%1 exists already. Replace it?</source>
        <translation>%1 gibt es schon. Ersetzen?</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>Ersetzen</translation>
    </message>
    <message>
        <source>%1 is the photograph itself, which is never changed. Choose another name.</source>
        <translation>%1 ist das Foto selbst, das nie verändert wird. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Gespeichert als %1</translation>
    </message>
    <message>
        <source>%1 pictures saved in %2</source>
        <translation>%1 Bilder in %2 gespeichert</translation>
    </message>
    <message>
        <source>Cancelled: %1 of %2 files were written.</source>
        <translation>Abgebrochen: %1 von %2 Dateien wurden gespeichert.</translation>
    </message>
    <message>
        <source>Cancelled: nothing was written.</source>
        <translation>Abgebrochen: Es wurde nichts gespeichert.</translation>
    </message>
    <message>
        <source>What was not drawn yet is a draft.</source>
        <translation>Was noch nicht gezogen war, ist ein Entwurf.</translation>
    </message>
    <message>
        <source>What is dragged out is %1 × %2 pixels: more would take too long. Export writes the full size.</source>
        <translation>Herausgezogen werden %1 × %2 Pixel: Mehr würde zu lange dauern. Exportieren speichert die volle Größe.</translation>
    </message>
    <message>
        <source>It cannot be dragged out, as no temporary folder can be made. Use Export instead.</source>
        <translation>Herausziehen geht nicht, weil sich kein temporärer Ordner anlegen lässt. Exportieren Sie stattdessen.</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Export the selected samples as %1 to</source>
        <translation>Ausgewählte Varianten als %1 exportieren nach</translation>
    </message>
    <message>
        <source>Export all samples as %1 to</source>
        <translation>Alle Varianten als %1 exportieren nach</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>There is nothing to save yet.</source>
        <translation>Noch gibt es nichts zu speichern.</translation>
    </message>
    <message>
        <source>Session (*.picgui)</source>
        <translation>Sitzung (*.picgui)</translation>
    </message>
    <message>
        <source>Save the session</source>
        <translation>Sitzung speichern</translation>
    </message>
</context>
<context>
    <name>Facts</name>
    <message>
        <source>%1, %2 million weights</source>
        <translation>%1, %2 Millionen Gewichte</translation>
    </message>
    <message>
        <source>Trained on %1 photographs</source>
        <translation>Trainiert mit %1 Fotos</translation>
    </message>
    <message>
        <source>Trained on: %1</source>
        <translation>Trainiert mit: %1</translation>
    </message>
    <message>
        <source>%1 pictures seen in %2 minutes of training</source>
        <translation>%1 Bilder gesehen in %2 Minuten Training</translation>
    </message>
    <message>
        <source>%1 bits per dimension (lower is better)</source>
        <translation>%1 Bit je Dimension (weniger ist besser)</translation>
    </message>
</context>
<context>
    <name>Gallery</name>
    <message>
        <source>Samples</source>
        <translation>Varianten</translation>
    </message>
</context>
<context>
    <name>HintPanel</name>
    <message>
        <source>Colour hints</source>
        <translation>Farbhinweise</translation>
    </message>
    <message>
        <source>Likely here</source>
        <translation>Hier wahrscheinlich</translation>
    </message>
    <message>
        <source>Given before</source>
        <translation>Bereits vorgegeben</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>Remove here</source>
        <translation>Hier entfernen</translation>
    </message>
    <message>
        <source>Remove the hints in the marked place</source>
        <translation>Die Farbhinweise an der markierten Stelle entfernen</translation>
    </message>
    <message>
        <source>Clear all</source>
        <translation>Alle löschen</translation>
    </message>
    <message>
        <source>Remove all hints</source>
        <translation>Alle Farbhinweise löschen</translation>
    </message>
    <message>
        <source>Paint over a place, or use the arrow keys and Enter; then choose its colour. The rest is drawn to fit.</source>
        <translation>Stelle übermalen oder mit Pfeiltasten und Eingabe markieren, dann ihre Farbe wählen. Der Rest wird passend gezogen.</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Ctrl</source>
        <translation>Strg</translation>
    </message>
    <message>
        <source>Choose its colour, or take one from the picture: %1 and a click. Shift adds strokes.</source>
        <translation>Wählen Sie ihre Farbe, oder nehmen Sie eine aus dem Bild: %1 und Klick. Umschalt fügt Striche hinzu.</translation>
    </message>
</context>
<context>
    <name>Keeping</name>
    <message>
        <source>When you closed picgui, %1 was open with choices that were not saved. They were kept.</source>
        <translation>Als Sie picgui geschlossen haben, war %1 mit nicht gespeicherten Änderungen offen. Alles ist noch da.</translation>
    </message>
    <message>
        <source>picgui did not close properly last time. Your last photograph and its samples were kept.</source>
        <translation>picgui wurde beim letzten Mal nicht ordentlich beendet. Ihr letztes Foto und seine Varianten sind noch da.</translation>
    </message>
    <message>
        <source>&amp;Clear this list</source>
        <translation>Diese &amp;Liste leeren</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>&amp;Open…</source>
        <translation>Ö&amp;ffnen…</translation>
    </message>
    <message>
        <source>Open the &amp;example</source>
        <translation>&amp;Beispiel öffnen</translation>
    </message>
    <message>
        <source>&amp;Paste a picture</source>
        <translation>Bild &amp;einfügen</translation>
    </message>
    <message>
        <source>Export &amp;selected…</source>
        <translation>A&amp;usgewählte exportieren…</translation>
    </message>
    <message>
        <source>Export &amp;all…</source>
        <translation>&amp;Alle exportieren…</translation>
    </message>
    <message>
        <source>&amp;Copy the picture</source>
        <translation>Bild &amp;kopieren</translation>
    </message>
    <message>
        <source>Colorize a &amp;folder…</source>
        <translation>&amp;Ordner kolorieren…</translation>
    </message>
    <message>
        <source>&amp;Next photograph in the folder</source>
        <translation>Nä&amp;chstes Foto im Ordner</translation>
    </message>
    <message>
        <source>Previous p&amp;hotograph in the folder</source>
        <translation>&amp;Voriges Foto im Ordner</translation>
    </message>
    <message>
        <source>Sa&amp;ve the session</source>
        <translation>Sitzung &amp;speichern</translation>
    </message>
    <message>
        <source>Save the sess&amp;ion as…</source>
        <translation>Sitzung speichern u&amp;nter…</translation>
    </message>
    <message>
        <source>Rotate &amp;left</source>
        <translation>Nach links &amp;drehen</translation>
    </message>
    <message>
        <source>Rotate &amp;right</source>
        <translation>Nach &amp;rechts drehen</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>&amp;About picgui</source>
        <translation>Ü&amp;ber picgui</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>B&amp;eenden</translation>
    </message>
    <message>
        <source>&amp;Resample</source>
        <translation>&amp;Neu ziehen</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>S&amp;toppen</translation>
    </message>
    <message>
        <source>Go on &amp;drawing</source>
        <translation>&amp;Zu Ende ziehen</translation>
    </message>
    <message>
        <source>&amp;Pin or unpin</source>
        <translation>An&amp;heften oder lösen</translation>
    </message>
    <message>
        <source>&amp;Delete</source>
        <translation>&amp;Löschen</translation>
    </message>
    <message>
        <source>&amp;Next sample</source>
        <translation>Nä&amp;chste Variante</translation>
    </message>
    <message>
        <source>Pre&amp;vious sample</source>
        <translation>&amp;Vorige Variante</translation>
    </message>
    <message>
        <source>&amp;Before and after</source>
        <translation>&amp;Vorher und nachher</translation>
    </message>
    <message>
        <source>Before and after (S); hold Space for the photograph as it was</source>
        <translation>Vorher und nachher (S); Leertaste halten zeigt das Foto, wie es war</translation>
    </message>
    <message>
        <source>Where samples &amp;differ</source>
        <translation>Wo sich Varianten unter&amp;scheiden</translation>
    </message>
    <message>
        <source>Colour &amp;hints</source>
        <translation>&amp;Farbhinweise</translation>
    </message>
    <message>
        <source>Draw a part a&amp;gain</source>
        <translation>A&amp;usschnitt neu ziehen</translation>
    </message>
    <message>
        <source>&amp;Take a part from another sample</source>
        <translation>Ausschnitt aus anderer Variante ü&amp;bernehmen</translation>
    </message>
    <message>
        <source>Colour hints: mark a place and choose its colour; the rest is drawn to fit (H)</source>
        <translation>Farbhinweise: eine Stelle markieren und ihre Farbe wählen; der Rest wird passend gezogen (H)</translation>
    </message>
    <message>
        <source>Take a part from another sample: outline it, as to draw it again, on the sample that is right elsewhere; then choose the one that is right there (T)</source>
        <translation>Ausschnitt aus anderer Variante übernehmen: ihn wie zum Neuziehen umreißen, auf der Variante, die sonst stimmt; dann die wählen, die dort stimmt (T)</translation>
    </message>
    <message>
        <source>Narrower brush</source>
        <translation>Schmalerer Pinsel</translation>
    </message>
    <message>
        <source>Wider brush</source>
        <translation>Breiterer Pinsel</translation>
    </message>
    <message>
        <source>&amp;Fit</source>
        <translation>&amp;Einpassen</translation>
    </message>
    <message>
        <source>Fit in the window</source>
        <translation>In das Fenster einpassen</translation>
    </message>
    <message>
        <source>&amp;Actual size</source>
        <translation>&amp;Originalgröße</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>Ver&amp;größern</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>Ver&amp;kleinern</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Wait until the samples are drawn.</source>
        <translation>Bitte warten, bis die Varianten gezogen sind.</translation>
    </message>
    <message>
        <source>Close the window again to leave without them.</source>
        <translation>Schließen Sie das Fenster noch einmal, um ohne sie zu gehen.</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Samples</source>
        <translation>&amp;Varianten</translation>
    </message>
    <message>
        <source>S&amp;ort by</source>
        <translation>&amp;Sortieren nach</translation>
    </message>
    <message>
        <source>&amp;Oldest first</source>
        <translation>&amp;Älteste zuerst</translation>
    </message>
    <message>
        <source>&amp;Newest first</source>
        <translation>&amp;Neueste zuerst</translation>
    </message>
    <message>
        <source>&amp;Typicality</source>
        <translation>&amp;Typizität</translation>
    </message>
    <message>
        <source>&amp;Colourfulness</source>
        <translation>&amp;Farbigkeit</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>As the &amp;system</source>
        <translation>Wie das &amp;System</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>More tools</source>
        <translation>Weitere Werkzeuge</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Six at a time: the samples that are shown stay selected, the others do not.</source>
        <translation>Sechs auf einmal: Die gezeigten Varianten bleiben ausgewählt, die anderen nicht.</translation>
    </message>
    <message>
        <source>&amp;Resample this part</source>
        <translation>Diesen Ausschnitt &amp;neu ziehen</translation>
    </message>
    <message>
        <source>Draw a rectangle around a part, with Shift any outline, or use the arrow keys and Enter</source>
        <translation>Rechteck aufziehen (mit Umschalt einen freien Umriss) oder mit Pfeiltasten und Eingabe markieren</translation>
    </message>
    <message>
        <source>Drawn: %1 of %2</source>
        <translation>Gezogen: %1 von %2</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Undo %1</source>
        <translation>%1 rückgängig machen</translation>
    </message>
    <message>
        <source>Redo %1</source>
        <translation>%1 wiederholen</translation>
    </message>
    <message>
        <source>1 sample gave way: there is room for %2. Undo brings it back.</source>
        <translation>1 Variante musste weichen: Platz ist für %2. Rückgängig bringt sie zurück.</translation>
    </message>
    <message>
        <source>%1 samples gave way: there is room for %2. Undo brings them back.</source>
        <translation>%1 Varianten mussten weichen: Platz ist für %2. Rückgängig bringt sie zurück.</translation>
    </message>
    <message>
        <source>Expor&amp;t…</source>
        <translation>E&amp;xportieren…</translation>
    </message>
    <message>
        <source>Pre&amp;ferences…</source>
        <translation>E&amp;instellungen…</translation>
    </message>
    <message>
        <source>Resample</source>
        <translation>Neu ziehen</translation>
    </message>
    <message>
        <source>Co&amp;mpare the selected</source>
        <translation>Ausgewählte ver&amp;gleichen</translation>
    </message>
    <message>
        <source>Compare two to six selected samples side by side (C)</source>
        <translation>Zwei bis sechs ausgewählte Varianten nebeneinander vergleichen (C)</translation>
    </message>
    <message>
        <source>A&amp;ppearance</source>
        <translation>Erscheinungs&amp;bild</translation>
    </message>
    <message>
        <source>There is no model to colorize with: choose one in the preferences</source>
        <translation>Es gibt kein Modell zum Kolorieren: Wählen Sie eines in den Einstellungen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Where the model is &amp;unsure</source>
        <translation>Wo das Modell &amp;unsicher ist</translation>
    </message>
    <message>
        <source>Where the photograph&apos;s colours su&amp;rprise the model</source>
        <translation>Wo die Farben des Fotos das Modell übe&amp;rraschen</translation>
    </message>
    <message>
        <source>Draw a part again: draw a rectangle, or hold Shift and draw any outline; only its colours are drawn again (G)</source>
        <translation>Ausschnitt neu ziehen: ein Rechteck aufziehen, mit Umschalt einen freien Umriss; nur seine Farben werden neu gezogen (G)</translation>
    </message>
    <message>
        <source>Photographs &amp;put aside</source>
        <translation>Beisei&amp;tegelegte Fotos</translation>
    </message>
    <message>
        <source>Only a photograph from this computer can be dropped here. Save it first, then drop the file.</source>
        <translation>Nur ein Foto von diesem Rechner kann hier abgelegt werden. Speichern Sie es zuerst und legen Sie dann die Datei ab.</translation>
    </message>
    <message>
        <source>Your choices cannot be kept for the next start.</source>
        <translation>Ihre Auswahl kann nicht für den nächsten Start aufbewahrt werden.</translation>
    </message>
    <message>
        <source>Save the session as…</source>
        <translation>Sitzung speichern unter …</translation>
    </message>
    <message>
        <source>Getting ready…</source>
        <translation>Wird vorbereitet…</translation>
    </message>
    <message>
        <source>Looking at the photograph…</source>
        <translation>Das Foto wird ausgewertet…</translation>
    </message>
    <message>
        <source>The photograph could not be analysed; Resample tries again</source>
        <translation>Das Foto konnte nicht ausgewertet werden; „Neu ziehen“ versucht es noch einmal</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>Entwurf</translation>
    </message>
    <message>
        <source>Stopped; the rest is a draft</source>
        <translation>Gestoppt; der Rest ist ein Entwurf</translation>
    </message>
    <message>
        <source>No samples left</source>
        <translation>Keine Varianten mehr</translation>
    </message>
</context>
<context>
    <name>Measuring</name>
    <message>
        <source>sure</source>
        <translation>sicher</translation>
    </message>
    <message>
        <source>unsure</source>
        <translation>unsicher</translation>
    </message>
    <message>
        <source>bits</source>
        <translation>Bit</translation>
    </message>
    <message>
        <source>agree</source>
        <translation>einig</translation>
    </message>
    <message>
        <source>differ</source>
        <translation>uneinig</translation>
    </message>
    <message>
        <source>expected</source>
        <translation>erwartet</translation>
    </message>
    <message>
        <source>surprising</source>
        <translation>überraschend</translation>
    </message>
    <message>
        <source>This photograph has no colours of its own that could surprise the model.</source>
        <translation>Dieses Foto hat keine eigenen Farben, die das Modell überraschen könnten.</translation>
    </message>
</context>
<context>
    <name>MessageBar</name>
    <message>
        <source>Close this message</source>
        <translation>Diese Meldung schließen</translation>
    </message>
</context>
<context>
    <name>Opening</name>
    <message>
        <source>Photographs and sessions (%1)</source>
        <translation>Fotos und Sitzungen (%1)</translation>
    </message>
    <message>
        <source>Open a photograph</source>
        <translation>Foto öffnen</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>%1 and its samples were put aside.</source>
        <translation>%1 und die Varianten davon wurden beiseitegelegt.</translation>
    </message>
    <message>
        <source>Earlier samples of this photograph were put aside.</source>
        <translation>Frühere Varianten dieses Fotos wurden beiseitegelegt.</translation>
    </message>
    <message>
        <source>The photograph of this session, %1, was not found. It may have been moved or renamed.</source>
        <translation>Das Foto dieser Sitzung, %1, wurde nicht gefunden. Vielleicht wurde es verschoben oder umbenannt.</translation>
    </message>
    <message>
        <source>Find it…</source>
        <translation>Zeigen, wo es ist…</translation>
    </message>
    <message>
        <source>The original, %1, was not found: this is the exported picture itself.</source>
        <translation>Das Original, %1, wurde nicht gefunden: dies ist das exportierte Bild selbst.</translation>
    </message>
    <message>
        <source>Find %1</source>
        <translation>%1 suchen</translation>
    </message>
    <message>
        <source>Photographs (%1)</source>
        <translation>Fotos (%1)</translation>
    </message>
    <message>
        <source>Open one session at a time.</source>
        <translation>Öffnen Sie Sitzungen einzeln.</translation>
    </message>
    <message>
        <source>The model is still being loaded. Try again in a moment.</source>
        <translation>Das Modell wird noch geladen. Versuchen Sie es gleich noch einmal.</translation>
    </message>
    <message>
        <source>There is no model to colorize with: choose one in the preferences</source>
        <translation>Es gibt kein Modell zum Kolorieren: Wählen Sie eines in den Einstellungen</translation>
    </message>
    <message>
        <source>These are results of picgui, but none that bring their colours back: only PNG pictures do.</source>
        <translation>Das sind Ergebnisse von picgui, aber keine, die ihre Farben zurückbringen: Das tun nur PNG-Bilder.</translation>
    </message>
    <message>
        <source>These pictures are of different photographs. Open those of one photograph at a time.</source>
        <translation>Diese Bilder gehören zu verschiedenen Fotos. Öffnen Sie immer nur die eines Fotos zugleich.</translation>
    </message>
    <message>
        <source>The photograph lies differently in these pictures. Open those together in which it lies the same way.</source>
        <translation>In diesen Bildern ist das Foto verschieden gedreht. Öffnen Sie nur die zugleich, in denen es gleich liegt.</translation>
    </message>
    <message>
        <source>Only exported PNG pictures bring their colours back; others were left out.</source>
        <translation>Nur exportierte PNG-Bilder bringen ihre Farben zurück; andere wurden ausgelassen.</translation>
    </message>
    <message>
        <source>The first %1 of %2 were opened.</source>
        <translation>Geöffnet wurden die ersten %1 von %2.</translation>
    </message>
    <message>
        <source>They differ in saturation or colour hints: those of %1 are used.</source>
        <translation>Sie unterscheiden sich in der Sättigung oder den Farbhinweisen: Es gelten die von %1.</translation>
    </message>
    <message>
        <source>The samples are as you left them.</source>
        <translation>Die Varianten sind so, wie Sie sie verlassen haben.</translation>
    </message>
    <message>
        <source>Draw anew</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>Go back to them</source>
        <translation>Zu ihnen zurück</translation>
    </message>
    <message>
        <source>%1 looks like another photograph than the one these colours were drawn for.</source>
        <translation>%1 scheint ein anderes Foto zu sein als das, für das diese Farben gezogen wurden.</translation>
    </message>
    <message>
        <source>This</source>
        <translation>Dies</translation>
    </message>
    <message>
        <source>There are no photographs in this folder. Choose another.</source>
        <translation>In diesem Ordner sind keine Fotos. Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>The queue before is still finishing its last photograph. Try again in a moment.</source>
        <translation>Das letzte Foto des vorigen Stapels wird noch fertiggestellt. Versuchen Sie es gleich noch einmal.</translation>
    </message>
    <message>
        <source>A queue is open already. Close it first.</source>
        <translation>Ein Stapel ist schon offen. Schließen Sie ihn zuerst.</translation>
    </message>
    <message>
        <source>The results of %1 are not there any more.</source>
        <translation>Die Ergebnisse von %1 sind nicht mehr da.</translation>
    </message>
    <message>
        <source>Colorize a folder</source>
        <translation>Ordner kolorieren</translation>
    </message>
    <message>
        <source>There is no picture on the clipboard.</source>
        <translation>In der Zwischenablage ist kein Bild.</translation>
    </message>
    <message>
        <source>The picture could not be read from there. Save it as a file and open that.</source>
        <translation>Das Bild konnte von dort nicht gelesen werden. Speichern Sie es als Datei und öffnen Sie diese.</translation>
    </message>
    <message>
        <source>Pasted picture</source>
        <translation>Eingefügtes Bild</translation>
    </message>
    <message>
        <source>Go back to %1</source>
        <translation>Zurück zu %1</translation>
    </message>
    <message>
        <source>Go back to it</source>
        <translation>Dorthin zurück</translation>
    </message>
</context>
<context>
    <name>Pace</name>
    <message>
        <source>%1 s left</source>
        <translation>noch %1 s</translation>
    </message>
    <message>
        <source>%1 min left</source>
        <translation>noch %1 min</translation>
    </message>
    <message>
        <source>%1 h %2 min left</source>
        <translation>noch %1 h %2 min</translation>
    </message>
</context>
<context>
    <name>Panel</name>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>How freely colours are drawn: calm keeps to the most likely, vivid takes rarer ones too.
Double-click to reset.</source>
        <translation>Wie frei Farben gezogen werden: ruhig bleibt bei den wahrscheinlichsten, lebhaft nimmt auch seltenere.
Doppelklick setzt zurück.</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>Sättigung</translation>
    </message>
    <message>
        <source>How strong the colours are shown and exported; nothing is drawn again.
Double-click to reset.</source>
        <translation>Wie kräftig die Farben gezeigt und exportiert werden; nichts wird neu gezogen.
Doppelklick setzt zurück.</translation>
    </message>
    <message>
        <source>Number of samples</source>
        <translation>Zahl der Varianten</translation>
    </message>
    <message>
        <source>How many samples are drawn together. Each is one believable colouring.</source>
        <translation>Wie viele Varianten zusammen gezogen werden. Jede ist eine glaubhafte Kolorierung.</translation>
    </message>
    <message>
        <source>One sample fewer</source>
        <translation>Eine Variante weniger</translation>
    </message>
    <message>
        <source>One sample more</source>
        <translation>Eine Variante mehr</translation>
    </message>
    <message>
        <source>Resample</source>
        <translation>Neu ziehen</translation>
    </message>
    <message>
        <source>Draw new samples in place of those that are not pinned (R).
Where the chosen one is a part drawn again: others of that part.</source>
        <translation>Neue Varianten ziehen, anstelle der nicht angehefteten (R).
Ist die gewählte Variante ein neu gezogener Ausschnitt: andere Varianten dieses Ausschnitts.</translation>
    </message>
    <message>
        <source>Copy the picture (%1)</source>
        <translation>Bild kopieren (%1)</translation>
    </message>
    <message>
        <source>Write this sample at the full size of the photograph (%1)</source>
        <translation>Diese Variante in der vollen Größe des Fotos speichern (%1)</translation>
    </message>
    <message>
        <source>Stop; what is drawn is kept (Esc)</source>
        <translation>Stoppen; was gezogen ist, bleibt (Esc)</translation>
    </message>
    <message>
        <source>Resample this part</source>
        <translation>Ausschnitt neu ziehen</translation>
    </message>
    <message>
        <source>Go on drawing what was stopped</source>
        <translation>Zu Ende ziehen, was gestoppt wurde</translation>
    </message>
    <message>
        <source>How much the model expects such colours, in bits for each pixel; nearer to 0 is more typical, not better.</source>
        <translation>Wie sehr das Modell solche Farben erwartet, in Bit je Pixel; näher an 0 ist typischer, nicht besser.</translation>
    </message>
    <message>
        <source>Mean distance of the colours from grey, in Lab units.</source>
        <translation>Mittlerer Abstand der Farben von Grau, in Lab-Einheiten.</translation>
    </message>
    <message>
        <source>Pin: keep this sample when others are resampled (P)</source>
        <translation>Anheften: diese Variante behalten, wenn andere neu gezogen werden (P)</translation>
    </message>
    <message>
        <source>Unpin: let this sample go when others are resampled (P)</source>
        <translation>Lösen: diese Variante beim Neuziehen nicht mehr behalten (P)</translation>
    </message>
    <message>
        <source>Delete this sample (Del); it can be undone</source>
        <translation>Diese Variante löschen (Entf); das lässt sich rückgängig machen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Calm</source>
        <translation>Ruhig</translation>
    </message>
    <message>
        <source>Vivid</source>
        <translation>Lebhaft</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>Varianten</translation>
    </message>
    <message>
        <source>Typicality</source>
        <translation>Typizität</translation>
    </message>
    <message>
        <source>Colourfulness</source>
        <translation>Farbigkeit</translation>
    </message>
    <message>
        <source>Seed %1</source>
        <translation>Startzahl %1</translation>
    </message>
    <message>
        <source>%1 bits</source>
        <translation>%1 Bit</translation>
    </message>
</context>
<context>
    <name>Plane</name>
    <message>
        <source>Colours of this luminance</source>
        <translation>Farben dieser Helligkeit</translation>
    </message>
    <message>
        <source>The arrow keys move, Enter chooses.</source>
        <translation>Die Pfeiltasten bewegen, Eingabe wählt.</translation>
    </message>
    <message>
        <source>All colours that a place so light or dark can have.
Where it is very dark or very light, they are shown so that they can be told apart.</source>
        <translation>Alle Farben, die eine so helle oder dunkle Stelle haben kann.
Wo sie sehr dunkel oder sehr hell ist, werden sie so gezeigt, dass man sie unterscheiden kann.</translation>
    </message>
</context>
<context>
    <name>PreferencesDialog</name>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Add a model…</source>
        <translation>Modell hinzufügen…</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Graphics card where there is one</source>
        <translation>Grafikkarte, wo es eine gibt</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>Prozessor (CPU)</translation>
    </message>
    <message>
        <source>Graphics card (CUDA)</source>
        <translation>Grafikkarte (CUDA)</translation>
    </message>
    <message>
        <source>Processor threads</source>
        <translation>Prozessor-Threads</translation>
    </message>
    <message>
        <source>As many as there are cores</source>
        <translation>So viele wie Kerne</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>Varianten</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>Rechnen auf</translation>
    </message>
    <message>
        <source>Samples at first</source>
        <translation>Varianten zu Beginn</translation>
    </message>
    <message>
        <source>Temperature at first</source>
        <translation>Temperatur zu Beginn</translation>
    </message>
    <message>
        <source>The one that comes with picgui</source>
        <translation>Das mitgelieferte</translation>
    </message>
    <message>
        <source>%1 (in use)</source>
        <translation>%1 (in Gebrauch)</translation>
    </message>
    <message>
        <source>Add a model</source>
        <translation>Modell hinzufügen</translation>
    </message>
    <message>
        <source>Models (*.safetensors)</source>
        <translation>Modelle (*.safetensors)</translation>
    </message>
    <message>
        <source>The model could not be copied: %1.</source>
        <translation>Das Modell konnte nicht kopiert werden: %1.</translation>
    </message>
    <message>
        <source>Delete picgui&apos;s copy of the model %1?</source>
        <translation>Die Kopie des Modells %1 in picgui löschen?</translation>
    </message>
    <message>
        <source>The model could not be removed: %1.</source>
        <translation>Das Modell konnte nicht entfernt werden: %1.</translation>
    </message>
</context>
<context>
    <name>Queue</name>
    <message>
        <source>Photograph</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Double-click to open it with its results</source>
        <translation>Doppelklick öffnet es mit seinen Ergebnissen</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>übersprungen</translation>
    </message>
    <message>
        <source>would be written under the names of %1; colorize it into another folder</source>
        <translation>würde unter den Namen von %1 gespeichert; kolorieren Sie es in einen anderen Ordner</translation>
    </message>
    <message>
        <source>reading…</source>
        <translation>wird gelesen…</translation>
    </message>
    <message>
        <source>drawing, %1 %</source>
        <translation>wird gezogen, %1 %</translation>
    </message>
    <message>
        <source>writing…</source>
        <translation>wird gespeichert…</translation>
    </message>
    <message>
        <source>%1 of %2 written</source>
        <translation>%1 von %2 gespeichert</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>has results already</source>
        <translation>hat schon Ergebnisse</translation>
    </message>
</context>
<context>
    <name>Remedies</name>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Draw fewer samples</source>
        <translation>Weniger Varianten ziehen</translation>
    </message>
    <message>
        <source>Use the model that comes with picgui</source>
        <translation>Das mitgelieferte Modell nehmen</translation>
    </message>
    <message>
        <source>Use the processor</source>
        <translation>Den Prozessor nehmen</translation>
    </message>
</context>
<context>
    <name>SampleModel</name>
    <message>
        <source>Seed %1</source>
        <translation>Startzahl %1</translation>
    </message>
    <message>
        <source>temperature %1</source>
        <translation>Temperatur %1</translation>
    </message>
    <message>
        <source>pinned</source>
        <translation>angeheftet</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>being drawn</source>
        <translation>wird gezogen</translation>
    </message>
</context>
<context>
    <name>Sentence</name>
    <message>
        <source>A picture must be (H, W) or (H, W, 3), uint8 or uint16, not {shape} {dtype}.</source>
        <translation>Ein Bild muss (H, W) oder (H, W, 3) sein, uint8 oder uint16, nicht {shape} {dtype}.</translation>
    </message>
    <message>
        <source>A text of a PNG needs a key of 1 to 79 characters, not {key}.</source>
        <translation>Ein Text eines PNG braucht einen Schlüssel von 1 bis 79 Zeichen, nicht {key}.</translation>
    </message>
    <message>
        <source>Nothing can be written in the folder {folder}: {reason}. Choose another.</source>
        <translation>Im Ordner {folder} kann nichts gespeichert werden: {reason}. Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>Only (H, W, 3) pictures of uint8 or uint16 can be written, not {shape} {dtype}.</source>
        <translation>Nur Bilder (H, W, 3) aus uint8 oder uint16 können gespeichert werden, nicht {shape} {dtype}.</translation>
    </message>
    <message>
        <source>Only the first of {number} pages was read.</source>
        <translation>Nur die erste von {number} Seiten wurde gelesen.</translation>
    </message>
    <message>
        <source>Only the first of {number} pictures was read.</source>
        <translation>Nur das erste von {number} Bildern wurde gelesen.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong, but nothing you have is lost. Please try again. ({kind}: {detail})</source>
        <translation>Etwas Unerwartetes ist schiefgegangen, doch nichts ist verloren. Bitte versuchen Sie es noch einmal. ({kind}: {detail})</translation>
    </message>
    <message>
        <source>The brightest value of this picture was taken as white.</source>
        <translation>Der hellste Wert dieses Bildes wurde als Weiß genommen.</translation>
    </message>
    <message>
        <source>The checkpoint {path} cannot be read: {reason}.</source>
        <translation>Das Modell {path} kann nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>The checkpoint {path} cannot be written: {reason}.</source>
        <translation>Das Modell {path} kann nicht gespeichert werden: {reason}.</translation>
    </message>
    <message>
        <source>The colour profile of this picture is damaged or does not fit it; it was read as sRGB.</source>
        <translation>Das Farbprofil dieses Bildes ist beschädigt oder passt nicht zu ihm; es wurde als sRGB gelesen.</translation>
    </message>
    <message>
        <source>The disk is full, so {name} was not written. Free some space, or choose another disk.</source>
        <translation>Der Datenträger ist voll, darum wurde {name} nicht gespeichert. Schaffen Sie Platz, oder wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>The end of the file is missing; what is missing is grey.</source>
        <translation>Das Ende der Datei fehlt; was fehlt, ist grau.</translation>
    </message>
    <message>
        <source>The folder {folder} cannot be made: {reason}. Choose another.</source>
        <translation>Der Ordner {folder} kann nicht angelegt werden: {reason}. Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>The folder {name} cannot be read: {reason}. Choose another.</source>
        <translation>Der Ordner {name} kann nicht gelesen werden: {reason}. Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>The limit is {megapixels} megapixels; make it smaller first.</source>
        <translation>Die Grenze sind {megapixels} Megapixel; verkleinern Sie es zuerst.</translation>
    </message>
    <message>
        <source>The long side for the network is {pixels} pixels; it must be from {least} to {most}.</source>
        <translation>Die lange Seite für das Netz ist {pixels} Pixel; sie muss zwischen {least} und {most} liegen.</translation>
    </message>
    <message>
        <source>The memory of the graphics card does not suffice. Draw fewer samples at once, or use the processor (CPU).</source>
        <translation>Der Speicher der Grafikkarte reicht nicht. Ziehen Sie weniger Varianten auf einmal, oder nehmen Sie den Prozessor (CPU).</translation>
    </message>
    <message>
        <source>The pasted picture that this session holds is damaged.</source>
        <translation>Das eingefügte Bild in dieser Sitzung ist beschädigt.</translation>
    </message>
    <message>
        <source>The picture</source>
        <translation>Das Bild</translation>
    </message>
    <message>
        <source>The session {name} could not be read: {reason}.</source>
        <translation>Die Sitzung {name} konnte nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>{name} could not be replaced: it may be open in another program, or belong to somebody else. Close it there, or choose another name.</source>
        <translation>{name} konnte nicht ersetzt werden: Vielleicht ist es in einem anderen Programm geöffnet oder gehört jemand anderem. Schließen Sie es dort, oder wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>{name} is damaged or incomplete and could not be read. Try another copy of it.</source>
        <translation>{name} ist beschädigt oder unvollständig und konnte nicht gelesen werden. Versuchen Sie es mit einer anderen Kopie.</translation>
    </message>
    <message>
        <source>{number} GB</source>
        <translation>{number} GB</translation>
    </message>
    <message>
        <source>{number} MB</source>
        <translation>{number} MB</translation>
    </message>
    <message>
        <source>{number} files of other kinds were left out ({endings}).</source>
        <translation>{number} Dateien anderer Art wurden ausgelassen ({endings}).</translation>
    </message>
    <message>
        <source>{number} results of picgui were left out.</source>
        <translation>{number} Ergebnisse von picgui wurden ausgelassen.</translation>
    </message>
    <message>
        <source>{path} is a file, not a folder. Choose a folder.</source>
        <translation>{path} ist eine Datei und kein Ordner. Wählen Sie einen Ordner.</translation>
    </message>
    <message>
        <source>{path} is a folder. Choose a file name.</source>
        <translation>{path} ist ein Ordner. Wählen Sie einen Dateinamen.</translation>
    </message>
    <message>
        <source>The weights of {name} are not finite as {dtype}; nothing was written.</source>
        <translation>Die Gewichte von {name} sind als {dtype} nicht endlich; nichts wurde gespeichert.</translation>
    </message>
    <message>
        <source>1 file of another kind was left out ({ending}).</source>
        <translation>1 Datei anderer Art wurde ausgelassen ({ending}).</translation>
    </message>
    <message>
        <source>A JPEG picture has at most {most} pixels on a side, this one has {side}. Choose PNG or TIFF.</source>
        <translation>Ein JPEG-Bild hat höchstens {most} Pixel je Seite, dieses hat {side}. Wählen Sie PNG oder TIFF.</translation>
    </message>
    <message>
        <source>Some {size} are still to be written, and there is room for {free} in {folder}. Free some space before the disk is full.</source>
        <translation>Etwa {size} sind noch zu speichern, und in {folder} ist Platz für {free}. Schaffen Sie Platz, bevor der Datenträger voll ist.</translation>
    </message>
    <message>
        <source>The path of {name} is too long for this system. Choose a shorter name, or a folder with a shorter path.</source>
        <translation>Der Pfad von {name} ist für dieses System zu lang. Wählen Sie einen kürzeren Namen oder einen Ordner mit kürzerem Pfad.</translation>
    </message>
    <message>
        <source>There is no CUDA device that PyTorch can use. Choose the device cpu.</source>
        <translation>Es gibt keine Grafikkarte (CUDA), die PyTorch benutzen kann. Wählen Sie den Prozessor (cpu).</translation>
    </message>
    <message>
        <source>There is no checkpoint at {path}.</source>
        <translation>Es gibt kein Modell {path}.</translation>
    </message>
    <message>
        <source>There is no device {device}; there are cpu and cuda.</source>
        <translation>Es gibt kein Gerät {device}; es gibt cpu und cuda.</translation>
    </message>
    <message>
        <source>There is no file {path}. It may have been moved or renamed.</source>
        <translation>Es gibt keine Datei {path}. Vielleicht wurde sie verschoben oder umbenannt.</translation>
    </message>
    <message>
        <source>There is no folder {folder}, so {name} was not written. Choose another folder.</source>
        <translation>Es gibt keinen Ordner {folder}, darum wurde {name} nicht gespeichert. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>There is not enough memory for this. Close other programs, and try again.</source>
        <translation>Dafür reicht der Speicher nicht. Schließen Sie andere Programme, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>There is not enough memory for this. Draw fewer samples at once, or close other programs.</source>
        <translation>Dafür reicht der Speicher nicht. Ziehen Sie weniger Varianten auf einmal, oder schließen Sie andere Programme.</translation>
    </message>
    <message>
        <source>There is not enough memory to read {name}. Close other programs and try again.</source>
        <translation>Der Speicher reicht nicht, um {name} zu lesen. Schließen Sie andere Programme, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>This picture has more than 8 bits; it was read with 8.</source>
        <translation>Dieses Bild hat mehr als 8 Bit; es wurde mit 8 gelesen.</translation>
    </message>
    <message>
        <source>picgui may not write in {folder}, so {name} was not written. Choose another folder.</source>
        <translation>picgui darf in {folder} nicht schreiben, darum wurde {name} nicht gespeichert. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>{name} begins with a small preview of its picture, as raw files do. Save it as a plain TIFF first.</source>
        <translation>{name} beginnt mit einer kleinen Vorschau des Bildes, wie Rohdateien es tun. Speichern Sie es zuerst als gewöhnliches TIFF.</translation>
    </message>
    <message>
        <source>{name} could not be opened: {reason}. Try again, or another copy of it.</source>
        <translation>{name} konnte nicht geöffnet werden: {reason}. Versuchen Sie es noch einmal, oder mit einer anderen Kopie.</translation>
    </message>
    <message>
        <source>{name} is a HEIC picture, as phones take them, which cannot be read here. Export it as JPEG and open that.</source>
        <translation>{name} ist ein HEIC-Bild, wie Telefone sie aufnehmen; das kann hier nicht gelesen werden. Exportieren Sie es als JPEG, und öffnen Sie dieses.</translation>
    </message>
    <message>
        <source>{name} is a TIFF of 16 bits whose compression cannot be read. Save it uncompressed, or with ZIP.</source>
        <translation>{name} ist ein TIFF mit 16 Bit, dessen Kompression nicht gelesen werden kann. Speichern Sie es unkomprimiert oder mit ZIP.</translation>
    </message>
    <message>
        <source>{name} is a TIFF of a kind that cannot be read. Save it as grey or RGB with 8 or 16 bits and without transparency.</source>
        <translation>{name} ist ein TIFF einer Art, die nicht gelesen werden kann. Speichern Sie es grau oder in RGB mit 8 oder 16 Bit und ohne Transparenz.</translation>
    </message>
    <message>
        <source>{name} is a pipe or a device. Save the picture as a file first.</source>
        <translation>{name} ist eine Pipe oder ein Gerät. Speichern Sie das Bild zuerst als Datei.</translation>
    </message>
    <message>
        <source>{name} is a result of picgui and was left out.</source>
        <translation>{name} ist ein Ergebnis von picgui und wurde ausgelassen.</translation>
    </message>
    <message>
        <source>{name} is damaged or is no session of picgui.</source>
        <translation>{name} ist beschädigt oder keine Sitzung von picgui.</translation>
    </message>
    <message>
        <source>{name} is empty. The copy or download may have failed.</source>
        <translation>{name} ist leer. Vielleicht ist das Kopieren oder Herunterladen misslungen.</translation>
    </message>
    <message>
        <source>{name} is incomplete: its end is missing. Try another copy of it.</source>
        <translation>{name} ist unvollständig: das Ende fehlt. Versuchen Sie es mit einer anderen Kopie.</translation>
    </message>
    <message>
        <source>{name} is not a PNG picture, so it holds no settings.</source>
        <translation>{name} ist kein PNG-Bild und enthält darum keine Einstellungen.</translation>
    </message>
    <message>
        <source>{name} is not a picture that can be read. Save it as JPEG, PNG or TIFF.</source>
        <translation>{name} ist kein Bild, das gelesen werden kann. Speichern Sie es als JPEG, PNG oder TIFF.</translation>
    </message>
    <message>
        <source>{name} is too large: {limit}</source>
        <translation>{name} ist zu groß: {limit}</translation>
    </message>
    <message>
        <source>{name} is too large: {width} x {height} pixels. {limit}</source>
        <translation>{name} ist zu groß: {width} x {height} Pixel. {limit}</translation>
    </message>
    <message>
        <source>{name} is too small: {width} x {height} pixels. Each side needs at least {least}.</source>
        <translation>{name} ist zu klein: {width} x {height} Pixel. Jede Seite braucht mindestens {least}.</translation>
    </message>
    <message>
        <source>{name} is protected and could not be read. Change its permissions, or open a copy of it.</source>
        <translation>{name} ist geschützt und konnte nicht gelesen werden. Ändern Sie die Rechte der Datei, oder öffnen Sie eine Kopie.</translation>
    </message>
    <message>
        <source>{name} was not written: {reason}. Try another name or folder.</source>
        <translation>{name} wurde nicht gespeichert: {reason}. Versuchen Sie es mit einem anderen Namen oder Ordner.</translation>
    </message>
    <message>
        <source>{path} exists and is not an earlier result of {source}. Choose another folder.</source>
        <translation>{path} gibt es schon und ist kein früheres Ergebnis von {source}. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>{path} has colours that were given by hand, which would be lost. Choose another folder.</source>
        <translation>{path} enthält von Hand vorgegebene Farben, die verloren gehen würden. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>{path} is a folder, not a picture. Choose a picture in it.</source>
        <translation>{path} ist ein Ordner, kein Bild. Wählen Sie ein Bild darin.</translation>
    </message>
    <message>
        <source>{path} is a result of another photograph of the name {source}, or of {source} before it was changed. Choose another folder.</source>
        <translation>{path} ist ein Ergebnis eines anderen Fotos namens {source}, oder von {source}, bevor es geändert wurde. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>{path} is damaged, cut off, or no safetensors file ({reason}).</source>
        <translation>{path} ist beschädigt, abgeschnitten oder keine safetensors-Datei ({reason}).</translation>
    </message>
    <message>
        <source>{path} is not a picgui checkpoint: it does not say that it is one.</source>
        <translation>{path} ist kein Modell von picgui: die Datei gibt sich nicht als eines aus.</translation>
    </message>
    <message>
        <source>{path} is not a picgui checkpoint: its format is {format}, not {ours}.</source>
        <translation>{path} ist kein Modell von picgui: das Format ist {format}, nicht {ours}.</translation>
    </message>
    <message>
        <source>{path} is not a usable picgui checkpoint: {reason}.</source>
        <translation>{path} ist kein brauchbares Modell von picgui: {reason}.</translation>
    </message>
    <message>
        <source>{path} was drawn with other settings. Let earlier results be replaced, or choose another folder.</source>
        <translation>{path} wurde mit anderen Einstellungen gezogen. Lassen Sie frühere Ergebnisse ersetzen, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>{path} was written by another program meanwhile. Choose another folder.</source>
        <translation>{path} wurde inzwischen von einem anderen Programm geschrieben. Wählen Sie einen anderen Ordner.</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Resample</source>
        <translation>Neu ziehen</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Colour hint</source>
        <translation>Farbhinweis</translation>
    </message>
    <message>
        <source>Remove hints</source>
        <translation>Farbhinweise entfernen</translation>
    </message>
    <message>
        <source>Clear hints</source>
        <translation>Farbhinweise löschen</translation>
    </message>
    <message>
        <source>Draw a part again</source>
        <translation>Ausschnitt neu ziehen</translation>
    </message>
    <message>
        <source>Take a part</source>
        <translation>Ausschnitt übernehmen</translation>
    </message>
    <message>
        <source>Number of samples</source>
        <translation>Zahl der Varianten</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Lösen</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>Sättigung</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>The photograph</source>
        <translation>Das Foto</translation>
    </message>
    <message>
        <source>With a tool</source>
        <translation>Mit einem Werkzeug</translation>
    </message>
    <message>
        <source>Samples and settings</source>
        <translation>Varianten und Einstellungen</translation>
    </message>
    <message>
        <source>The photograph as it was</source>
        <translation>Das Foto, wie es war</translation>
    </message>
    <message>
        <source>hold Space</source>
        <translation>Leertaste halten</translation>
    </message>
    <message>
        <source>Zoom at the cursor</source>
        <translation>Am Mauszeiger zoomen</translation>
    </message>
    <message>
        <source>wheel</source>
        <translation>Mausrad</translation>
    </message>
    <message>
        <source>Move the photograph</source>
        <translation>Das Foto verschieben</translation>
    </message>
    <message>
        <source>drag, or arrow keys</source>
        <translation>ziehen, oder Pfeiltasten</translation>
    </message>
    <message>
        <source>Move the photograph with a tool</source>
        <translation>Das Foto mit einem Werkzeug verschieben</translation>
    </message>
    <message>
        <source>drag with the middle button</source>
        <translation>mit der mittleren Taste ziehen</translation>
    </message>
    <message>
        <source>Leave a tool</source>
        <translation>Werkzeug weglegen</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Mark with a tool</source>
        <translation>Mit einem Werkzeug markieren</translation>
    </message>
    <message>
        <source>arrow keys, then Enter (of a part: at two corners)</source>
        <translation>Pfeiltasten, dann Eingabe (beim Ausschnitt: an zwei Ecken)</translation>
    </message>
    <message>
        <source>Add to the place marked for a hint</source>
        <translation>Zur Stelle eines Farbhinweises hinzufügen</translation>
    </message>
    <message>
        <source>Shift and drag, or Shift and Enter</source>
        <translation>Umschalt und ziehen, oder Umschalt und Eingabe</translation>
    </message>
    <message>
        <source>Take a hint&apos;s colour from the picture</source>
        <translation>Farbe eines Farbhinweises aus dem Bild nehmen</translation>
    </message>
    <message>
        <source>Command and click</source>
        <translation>Befehl und Klick</translation>
    </message>
    <message>
        <source>Ctrl and click</source>
        <translation>Strg und Klick</translation>
    </message>
    <message>
        <source>Move the line between before and after</source>
        <translation>Linie zwischen Vorher und Nachher verschieben</translation>
    </message>
    <message>
        <source>Shift and arrow keys</source>
        <translation>Umschalt und Pfeiltasten</translation>
    </message>
    <message>
        <source>Select several samples</source>
        <translation>Mehrere Varianten auswählen</translation>
    </message>
    <message>
        <source>Ctrl or Shift and click</source>
        <translation>Strg oder Umschalt und Klick</translation>
    </message>
    <message>
        <source>Command or Shift and click</source>
        <translation>Befehl oder Umschalt und Klick</translation>
    </message>
    <message>
        <source>Reset a slider</source>
        <translation>Einen Regler zurücksetzen</translation>
    </message>
    <message>
        <source>double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>Go through the samples without choosing</source>
        <translation>Durch die Varianten gehen, ohne zu wählen</translation>
    </message>
    <message>
        <source>Ctrl and arrow keys</source>
        <translation>Strg und Pfeiltasten</translation>
    </message>
    <message>
        <source>Take one in or out</source>
        <translation>Eine dazunehmen oder herausnehmen</translation>
    </message>
    <message>
        <source>Ctrl and Space</source>
        <translation>Strg und Leertaste</translation>
    </message>
</context>
<context>
    <name>Status</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Cancel the export</source>
        <translation>Export abbrechen</translation>
    </message>
    <message>
        <source>Cancel the copy</source>
        <translation>Kopieren abbrechen</translation>
    </message>
    <message>
        <source>%1 of %2 in the folder</source>
        <translation>%1 von %2 im Ordner</translation>
    </message>
    <message>
        <source>%1 s per sample</source>
        <translation>%1 s je Variante</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>Wird gelesen…</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>Das Modell wird geladen…</translation>
    </message>
    <message>
        <source>Looking at the photograph…</source>
        <translation>Das Foto wird ausgewertet…</translation>
    </message>
    <message>
        <source>Drawing %1 samples</source>
        <translation>%1 Varianten werden gezogen</translation>
    </message>
    <message>
        <source>Drawing 1 sample</source>
        <translation>1 Variante wird gezogen</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>Wird abgebrochen…</translation>
    </message>
    <message>
        <source>Exporting, %1</source>
        <translation>Wird exportiert, %1</translation>
    </message>
    <message>
        <source>Exporting…</source>
        <translation>Wird exportiert…</translation>
    </message>
    <message>
        <source>Copying…</source>
        <translation>Wird kopiert…</translation>
    </message>
</context>
<context>
    <name>Steering</name>
    <message>
        <source>Mark the place first that is to get this colour.</source>
        <translation>Markieren Sie zuerst die Stelle, die diese Farbe bekommen soll.</translation>
    </message>
    <message>
        <source>That is the whole picture. Resample draws all of it again.</source>
        <translation>Das ist das ganze Bild. „Neu ziehen“ zieht alles noch einmal.</translation>
    </message>
    <message>
        <source>You gave all colours there, and they are kept. Clear the hints to draw it again.</source>
        <translation>Alle Farben dort sind vorgegeben und bleiben erhalten. Löschen Sie die Farbhinweise, um den Ausschnitt neu zu ziehen.</translation>
    </message>
    <message>
        <source>That is the whole picture. Choose the other sample in the gallery instead.</source>
        <translation>Das ist das ganze Bild. Wählen Sie stattdessen die andere Variante in der Galerie.</translation>
    </message>
    <message>
        <source>Take it from</source>
        <translation>Übernehmen aus</translation>
    </message>
</context>
<context>
    <name>Swatch</name>
    <message>
        <source>Colour %1</source>
        <translation>Farbe %1</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>Grau</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Drop a photograph here</source>
        <translation>Legen Sie hier ein Foto ab</translation>
    </message>
    <message>
        <source>Black and white, sepia or faded; JPEG, PNG, TIFF, WebP or BMP.
Your file is never changed.</source>
        <translation>Schwarz-weiß, sepia oder verblasst; JPEG, PNG, TIFF, WebP oder BMP.
Ihre Datei wird nie verändert.</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <source>Try an example</source>
        <translation>Beispiel ansehen</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>The number a sample is drawn from: with the same photograph, settings and model it gives the same colours again.</source>
        <translation>Die Zahl, aus der eine Variante gezogen wird: Mit demselben Foto, denselben Einstellungen und demselben Modell ergibt sie wieder dieselben Farben.</translation>
    </message>
</context>
</TS>
