;; Skips plain kernel log records, see Skimmer in sources/kmsg/reader.ts. WebAssembly runs at full speed from the first
;; record, whereas V8 would compile a JavaScript loop while the node is already busy. `npm run wasm` compiles this file to
;; skim.wasm.ts.
(module
  ;; Memory: the tables of prefilter.ts (buckets at 0, starts at $starts, then the literals), then the two record buffers.
  (import "kernel" "memory" (memory 2))
  (global $starts i32 (i32.const 65536))
  (global $passed (export "passed") (mut i32) (i32.const 0))

  (func $isDigit (param $byte i32) (result i32)
    (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10)))

  ;; Returns the end of the digits that begin at $at.
  (func $skipDigits (param $at i32) (result i32)
    (loop $digit
      (if (call $isDigit (i32.load8_u (local.get $at)))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $digit))))
    (local.get $at))

  ;; Whether a literal of $bucket, whose hashed bytes end at $at, occurs at or after $text.
  (func $stands (param $bucket i32) (param $at i32) (param $text i32) (result i32)
    (local $literal i32) (local $length i32) (local $from i32) (local $index i32) (local $byte i32)
    (local.set $literal (i32.load (i32.add (global.get $starts) (i32.shl (local.get $bucket) (i32.const 2)))))
    (loop $next
      (local.set $length (i32.load16_u (local.get $literal)))
      (if (i32.eqz (local.get $length)) (then (return (i32.const 0))))
      (local.set $from (i32.sub (local.get $at) (i32.load8_u offset=4 (local.get $literal))))
      (if (i32.ge_s (local.get $from) (local.get $text))
        (then
          (local.set $index (i32.const 0))
          (loop $compare
            (if (i32.eq (local.get $index) (local.get $length)) (then (return (i32.const 1))))
            (local.set $byte (i32.load8_u (i32.add (local.get $from) (local.get $index))))
            (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 65)) (i32.const 26)) ;; A to Z
              (then (local.set $byte (i32.or (local.get $byte) (i32.const 32)))))
            (if (i32.eq (local.get $byte) (i32.load8_u offset=5 (i32.add (local.get $literal) (local.get $index))))
              (then
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br $compare))))))
      (local.set $literal (i32.add (local.get $literal) (i32.add (local.get $length) (i32.const 5))))
      (br $next))
    (unreachable))

  ;; Returns where in [$at, $end) the first record begins that is not plain. Overwrites the two bytes after $end.
  (func (export "skim") (param $at i32) (param $end i32) (param $sequence i32) (result i32)
    (local $start i32) (local $last i32) (local $byte i32) (local $value i32) (local $text i32) (local $hash i32)
    (global.set $passed (i32.const 0))
    (local.set $last (i32.const -1))
    (i32.store16 (local.get $end) (i32.const 10)) ;; a newline, which ends every loop below, without a space after it
    (block $joined ;; the next record may continue the skipped one before it
      (loop $record
        (local.set $start (local.get $at))
        (br_if $joined (i32.ge_u (local.get $at) (local.get $end)))

        ;; priority,
        (local.set $at (call $skipDigits (local.get $at)))
        (br_if $joined (i32.eq (local.get $at) (local.get $start)))
        (br_if $joined (i32.ne (i32.load8_u (local.get $at)) (i32.const 44)))

        ;; sequence,
        (local.set $value (i32.const 0))
        (local.set $text (local.tee $at (i32.add (local.get $at) (i32.const 1))))
        (loop $digit
          (local.set $byte (i32.load8_u (local.get $at)))
          (if (call $isDigit (local.get $byte))
            (then
              (local.set $value
                (i32.add (i32.mul (local.get $value) (i32.const 10)) (i32.sub (local.get $byte) (i32.const 48))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $digit))))
        (br_if $joined (i32.eq (local.get $at) (local.get $text)))
        (br_if $joined (i32.ne (local.get $byte) (i32.const 44)))
        (br_if $joined (i32.ne (local.get $value) (local.get $sequence)))

        ;; microseconds,-
        (local.set $at (call $skipDigits (i32.add (local.get $at) (i32.const 1))))
        (br_if $joined (i32.ne (i32.load16_u (local.get $at)) (i32.const 0x2d2c)))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (br_if $joined (i32.and (i32.ne (local.get $byte) (i32.const 44)) (i32.ne (local.get $byte) (i32.const 59))))

        ;; further fields, up to the semicolon
        (loop $field
          (local.set $byte (i32.load8_u (local.get $at)))
          (br_if $joined (i32.eq (local.get $byte) (i32.const 10)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $field (i32.ne (local.get $byte) (i32.const 59))))

        ;; text
        (local.set $text (local.get $at))
        (local.set $hash (i32.const 0))
        (loop $letter
          (local.set $byte (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (if (i32.ne (local.get $byte) (i32.const 10))
            (then
              (local.set $hash
                (i32.and
                  (i32.xor (i32.shl (local.get $hash) (i32.const 4)) (i32.or (local.get $byte) (i32.const 32)))
                  (i32.const 0xffff)))
              (br_if $letter (i32.eqz (i32.load8_u (local.get $hash))))
              (br_if $letter
                (i32.eqz (call $stands (i32.load8_u (local.get $hash)) (local.get $at) (local.get $text))))
              (return (local.get $start)))))

        ;; dictionary: lines that begin with a space
        (loop $line
          (if (i32.gt_u (local.get $at) (local.get $end)) (then (return (local.get $start)))) ;; cut
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 32))
            (then
              (loop $letter
                (local.set $byte (i32.load8_u (local.get $at)))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $letter (i32.ne (local.get $byte) (i32.const 10))))
              (br $line))))

        (local.set $last (local.get $start))
        (local.set $sequence (i32.add (local.get $sequence) (i32.const 1)))
        (global.set $passed (i32.add (global.get $passed) (i32.const 1)))
        (br $record))
      (unreachable))
    (if (i32.lt_s (local.get $last) (i32.const 0)) (then (return (local.get $start))))
    (global.set $passed (i32.sub (global.get $passed) (i32.const 1)))
    (local.get $last)))
