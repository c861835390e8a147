import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace godwit. */
export namespace godwit {

    /**
     * Properties of a Hello.
     * @deprecated Use godwit.Hello.$Properties instead.
     */
    interface IHello extends godwit.Hello.$Properties {
    }

    /** Represents a Hello. */
    class Hello {

        /**
         * Constructs a new Hello.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Hello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Hello agentVersion. */
        agentVersion: string;

        /** Hello token. */
        token: string;

        /** Hello migrationId. */
        migrationId: string;

        /** Hello sessionKey. */
        sessionKey: string;

        /** Hello lane. */
        lane: number;

        /** Hello heartbeatMs. */
        heartbeatMs: number;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link godwit.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Hello & godwit.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Hello & godwit.Hello.$Shape;
    }

    namespace Hello {

        /** Properties of a Hello. */
        interface $Properties {

            /** Hello agentVersion */
            agentVersion?: (string|null);

            /** Hello token */
            token?: (string|null);

            /** Hello migrationId */
            migrationId?: (string|null);

            /** Hello sessionKey */
            sessionKey?: (string|null);

            /** Hello lane */
            lane?: (number|null);

            /** Hello heartbeatMs */
            heartbeatMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Hello. */
        type $Shape = godwit.Hello.$Properties;
    }

    /**
     * Properties of a HelloAck.
     * @deprecated Use godwit.HelloAck.$Properties instead.
     */
    interface IHelloAck extends godwit.HelloAck.$Properties {
    }

    /** Represents a HelloAck. */
    class HelloAck {

        /**
         * Constructs a new HelloAck.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.HelloAck.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** HelloAck version. */
        version: number;

        /** HelloAck agentVersion. */
        agentVersion: string;

        /** HelloAck windowBytes. */
        windowBytes: number;

        /** HelloAck heartbeatMs. */
        heartbeatMs: number;

        /**
         * Encodes the specified HelloAck message. Does not implicitly {@link godwit.HelloAck.verify|verify} messages.
         * @param message HelloAck message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.HelloAck.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a HelloAck message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.HelloAck & godwit.HelloAck.$Shape} HelloAck
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.HelloAck & godwit.HelloAck.$Shape;
    }

    namespace HelloAck {

        /** Properties of a HelloAck. */
        interface $Properties {

            /** HelloAck version */
            version?: (number|null);

            /** HelloAck agentVersion */
            agentVersion?: (string|null);

            /** HelloAck windowBytes */
            windowBytes?: (number|null);

            /** HelloAck heartbeatMs */
            heartbeatMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a HelloAck. */
        type $Shape = godwit.HelloAck.$Properties;
    }

    /**
     * Properties of a Failure.
     * @deprecated Use godwit.Failure.$Properties instead.
     */
    interface IFailure extends godwit.Failure.$Properties {
    }

    /** Represents a Failure. */
    class Failure {

        /**
         * Constructs a new Failure.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Failure.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Failure code. */
        code: string;

        /** Failure message. */
        message: string;

        /** Failure detail. */
        detail: string;

        /**
         * Encodes the specified Failure message. Does not implicitly {@link godwit.Failure.verify|verify} messages.
         * @param message Failure message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Failure.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Failure message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Failure & godwit.Failure.$Shape} Failure
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Failure & godwit.Failure.$Shape;
    }

    namespace Failure {

        /** Properties of a Failure. */
        interface $Properties {

            /** Failure code */
            code?: (string|null);

            /** Failure message */
            message?: (string|null);

            /** Failure detail */
            detail?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Failure. */
        type $Shape = godwit.Failure.$Properties;
    }

    /**
     * Properties of a Heartbeat.
     * @deprecated Use godwit.Heartbeat.$Properties instead.
     */
    interface IHeartbeat extends godwit.Heartbeat.$Properties {
    }

    /** Represents a Heartbeat. */
    class Heartbeat {

        /**
         * Constructs a new Heartbeat.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Heartbeat.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Heartbeat sentAtMs. */
        sentAtMs: number;

        /** Heartbeat echoMs. */
        echoMs: number;

        /**
         * Encodes the specified Heartbeat message. Does not implicitly {@link godwit.Heartbeat.verify|verify} messages.
         * @param message Heartbeat message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Heartbeat.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Heartbeat message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Heartbeat & godwit.Heartbeat.$Shape} Heartbeat
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Heartbeat & godwit.Heartbeat.$Shape;
    }

    namespace Heartbeat {

        /** Properties of a Heartbeat. */
        interface $Properties {

            /** Heartbeat sentAtMs */
            sentAtMs?: (number|null);

            /** Heartbeat echoMs */
            echoMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Heartbeat. */
        type $Shape = godwit.Heartbeat.$Properties;
    }

    /**
     * Properties of an ImageOffer.
     * @deprecated Use godwit.ImageOffer.$Properties instead.
     */
    interface IImageOffer extends godwit.ImageOffer.$Properties {
    }

    /** Represents an ImageOffer. */
    class ImageOffer {

        /**
         * Constructs a new ImageOffer.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.ImageOffer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ImageOffer name. */
        name: string;

        /** ImageOffer kind. */
        kind: string;

        /** ImageOffer sizeBytes. */
        sizeBytes: number;

        /** ImageOffer blockBytes. */
        blockBytes: number;

        /** ImageOffer allocatedBytes. */
        allocatedBytes: number;

        /** ImageOffer epoch. */
        epoch: number;

        /**
         * Encodes the specified ImageOffer message. Does not implicitly {@link godwit.ImageOffer.verify|verify} messages.
         * @param message ImageOffer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.ImageOffer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an ImageOffer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.ImageOffer & godwit.ImageOffer.$Shape} ImageOffer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.ImageOffer & godwit.ImageOffer.$Shape;
    }

    namespace ImageOffer {

        /** Properties of an ImageOffer. */
        interface $Properties {

            /** ImageOffer name */
            name?: (string|null);

            /** ImageOffer kind */
            kind?: (string|null);

            /** ImageOffer sizeBytes */
            sizeBytes?: (number|null);

            /** ImageOffer blockBytes */
            blockBytes?: (number|null);

            /** ImageOffer allocatedBytes */
            allocatedBytes?: (number|null);

            /** ImageOffer epoch */
            epoch?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an ImageOffer. */
        type $Shape = godwit.ImageOffer.$Properties;
    }

    /**
     * Properties of an Offer.
     * @deprecated Use godwit.Offer.$Properties instead.
     */
    interface IOffer extends godwit.Offer.$Properties {
    }

    /** Represents an Offer. */
    class Offer {

        /**
         * Constructs a new Offer.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Offer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Offer migrationId. */
        migrationId: string;

        /** Offer images. */
        images: godwit.ImageOffer.$Properties[];

        /** Offer mode. */
        mode: string;

        /** Offer verify. */
        verify: string;

        /** Offer lanes. */
        lanes: number;

        /** Offer sourceId. */
        sourceId: string;

        /** Offer attempt. */
        attempt: number;

        /** Offer patienceMs. */
        patienceMs: number;

        /** Offer seed. */
        seed: boolean;

        /** Offer workload. */
        workload: string;

        /** Offer document. */
        document: string;

        /**
         * Encodes the specified Offer message. Does not implicitly {@link godwit.Offer.verify|verify} messages.
         * @param message Offer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Offer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Offer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Offer & godwit.Offer.$Shape} Offer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Offer & godwit.Offer.$Shape;
    }

    namespace Offer {

        /** Properties of an Offer. */
        interface $Properties {

            /** Offer migrationId */
            migrationId?: (string|null);

            /** Offer images */
            images?: (godwit.ImageOffer.$Properties[]|null);

            /** Offer mode */
            mode?: (string|null);

            /** Offer verify */
            verify?: (string|null);

            /** Offer lanes */
            lanes?: (number|null);

            /** Offer sourceId */
            sourceId?: (string|null);

            /** Offer attempt */
            attempt?: (number|null);

            /** Offer patienceMs */
            patienceMs?: (number|null);

            /** Offer seed */
            seed?: (boolean|null);

            /** Offer workload */
            workload?: (string|null);

            /** Offer document */
            document?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Offer. */
        type $Shape = godwit.Offer.$Properties;
    }

    /**
     * Properties of a Survey.
     * @deprecated Use godwit.Survey.$Properties instead.
     */
    interface ISurvey extends godwit.Survey.$Properties {
    }

    /** Represents a Survey. */
    class Survey {

        /**
         * Constructs a new Survey.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Survey.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Survey workload. */
        workload: string;

        /** Survey document. */
        document: string;

        /**
         * Encodes the specified Survey message. Does not implicitly {@link godwit.Survey.verify|verify} messages.
         * @param message Survey message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Survey.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Survey message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Survey & godwit.Survey.$Shape} Survey
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Survey & godwit.Survey.$Shape;
    }

    namespace Survey {

        /** Properties of a Survey. */
        interface $Properties {

            /** Survey workload */
            workload?: (string|null);

            /** Survey document */
            document?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Survey. */
        type $Shape = godwit.Survey.$Properties;
    }

    /**
     * Properties of a Findings.
     * @deprecated Use godwit.Findings.$Properties instead.
     */
    interface IFindings extends godwit.Findings.$Properties {
    }

    /** Represents a Findings. */
    class Findings {

        /**
         * Constructs a new Findings.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Findings.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Findings document. */
        document: string;

        /**
         * Encodes the specified Findings message. Does not implicitly {@link godwit.Findings.verify|verify} messages.
         * @param message Findings message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Findings.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Findings message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Findings & godwit.Findings.$Shape} Findings
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Findings & godwit.Findings.$Shape;
    }

    namespace Findings {

        /** Properties of a Findings. */
        interface $Properties {

            /** Findings document */
            document?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Findings. */
        type $Shape = godwit.Findings.$Properties;
    }

    /**
     * Properties of a HeldCopy.
     * @deprecated Use godwit.HeldCopy.$Properties instead.
     */
    interface IHeldCopy extends godwit.HeldCopy.$Properties {
    }

    /** Represents a HeldCopy. */
    class HeldCopy {

        /**
         * Constructs a new HeldCopy.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.HeldCopy.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** HeldCopy copy. */
        copy: string;

        /** HeldCopy held. */
        held: number;

        /**
         * Encodes the specified HeldCopy message. Does not implicitly {@link godwit.HeldCopy.verify|verify} messages.
         * @param message HeldCopy message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.HeldCopy.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a HeldCopy message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.HeldCopy & godwit.HeldCopy.$Shape} HeldCopy
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.HeldCopy & godwit.HeldCopy.$Shape;
    }

    namespace HeldCopy {

        /** Properties of a HeldCopy. */
        interface $Properties {

            /** HeldCopy copy */
            copy?: (string|null);

            /** HeldCopy held */
            held?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a HeldCopy. */
        type $Shape = godwit.HeldCopy.$Properties;
    }

    /**
     * Properties of an Accept.
     * @deprecated Use godwit.Accept.$Properties instead.
     */
    interface IAccept extends godwit.Accept.$Properties {
    }

    /** Represents an Accept. */
    class Accept {

        /**
         * Constructs a new Accept.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Accept.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Accept sessionKey. */
        sessionKey: string;

        /** Accept lanes. */
        lanes: number;

        /** Accept apiHost. */
        apiHost: string;

        /** Accept apiPort. */
        apiPort: number;

        /** Accept apiScheme. */
        apiScheme: string;

        /** Accept copies. */
        copies: godwit.HeldCopy.$Properties[];

        /** Accept workload. */
        workload: string;

        /**
         * Encodes the specified Accept message. Does not implicitly {@link godwit.Accept.verify|verify} messages.
         * @param message Accept message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Accept.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Accept message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Accept & godwit.Accept.$Shape} Accept
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Accept & godwit.Accept.$Shape;
    }

    namespace Accept {

        /** Properties of an Accept. */
        interface $Properties {

            /** Accept sessionKey */
            sessionKey?: (string|null);

            /** Accept lanes */
            lanes?: (number|null);

            /** Accept apiHost */
            apiHost?: (string|null);

            /** Accept apiPort */
            apiPort?: (number|null);

            /** Accept apiScheme */
            apiScheme?: (string|null);

            /** Accept copies */
            copies?: (godwit.HeldCopy.$Properties[]|null);

            /** Accept workload */
            workload?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Accept. */
        type $Shape = godwit.Accept.$Properties;
    }

    /**
     * Properties of a Progress.
     * @deprecated Use godwit.Progress.$Properties instead.
     */
    interface IProgress extends godwit.Progress.$Properties {
    }

    /** Represents a Progress. */
    class Progress {

        /**
         * Constructs a new Progress.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Progress.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Progress state. */
        state: string;

        /** Progress phase. */
        phase: string;

        /** Progress total. */
        total: number;

        /** Progress transferred. */
        transferred: number;

        /** Progress remaining. */
        remaining: number;

        /** Progress duplicate. */
        duplicate: number;

        /** Progress normal. */
        normal: number;

        /** Progress wireBytes. */
        wireBytes: number;

        /** Progress resent. */
        resent: number;

        /** Progress percent. */
        percent: number;

        /** Progress etaMs. */
        etaMs: number;

        /** Progress mbps. */
        mbps: number;

        /** Progress dirtyBytesPerSec. */
        dirtyBytesPerSec: number;

        /** Progress expectedDowntimeMs. */
        expectedDowntimeMs: number;

        /**
         * Encodes the specified Progress message. Does not implicitly {@link godwit.Progress.verify|verify} messages.
         * @param message Progress message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Progress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Progress message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Progress & godwit.Progress.$Shape} Progress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Progress & godwit.Progress.$Shape;
    }

    namespace Progress {

        /** Properties of a Progress. */
        interface $Properties {

            /** Progress state */
            state?: (string|null);

            /** Progress phase */
            phase?: (string|null);

            /** Progress total */
            total?: (number|null);

            /** Progress transferred */
            transferred?: (number|null);

            /** Progress remaining */
            remaining?: (number|null);

            /** Progress duplicate */
            duplicate?: (number|null);

            /** Progress normal */
            normal?: (number|null);

            /** Progress wireBytes */
            wireBytes?: (number|null);

            /** Progress resent */
            resent?: (number|null);

            /** Progress percent */
            percent?: (number|null);

            /** Progress etaMs */
            etaMs?: (number|null);

            /** Progress mbps */
            mbps?: (number|null);

            /** Progress dirtyBytesPerSec */
            dirtyBytesPerSec?: (number|null);

            /** Progress expectedDowntimeMs */
            expectedDowntimeMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Progress. */
        type $Shape = godwit.Progress.$Properties;
    }

    /**
     * Properties of a RoundEnd.
     * @deprecated Use godwit.RoundEnd.$Properties instead.
     */
    interface IRoundEnd extends godwit.RoundEnd.$Properties {
    }

    /** Represents a RoundEnd. */
    class RoundEnd {

        /**
         * Constructs a new RoundEnd.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.RoundEnd.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RoundEnd round. */
        round: number;

        /** RoundEnd blocks. */
        blocks: number;

        /** RoundEnd bytes. */
        bytes: number;

        /** RoundEnd zeroBytes. */
        zeroBytes: number;

        /** RoundEnd wireBytes. */
        wireBytes: number;

        /** RoundEnd durationMs. */
        durationMs: number;

        /** RoundEnd dirtiedBytes. */
        dirtiedBytes: number;

        /** RoundEnd mbps. */
        mbps: number;

        /**
         * Encodes the specified RoundEnd message. Does not implicitly {@link godwit.RoundEnd.verify|verify} messages.
         * @param message RoundEnd message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.RoundEnd.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RoundEnd message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.RoundEnd & godwit.RoundEnd.$Shape} RoundEnd
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.RoundEnd & godwit.RoundEnd.$Shape;
    }

    namespace RoundEnd {

        /** Properties of a RoundEnd. */
        interface $Properties {

            /** RoundEnd round */
            round?: (number|null);

            /** RoundEnd blocks */
            blocks?: (number|null);

            /** RoundEnd bytes */
            bytes?: (number|null);

            /** RoundEnd zeroBytes */
            zeroBytes?: (number|null);

            /** RoundEnd wireBytes */
            wireBytes?: (number|null);

            /** RoundEnd durationMs */
            durationMs?: (number|null);

            /** RoundEnd dirtiedBytes */
            dirtiedBytes?: (number|null);

            /** RoundEnd mbps */
            mbps?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RoundEnd. */
        type $Shape = godwit.RoundEnd.$Properties;
    }

    /**
     * Properties of a RoundSynced.
     * @deprecated Use godwit.RoundSynced.$Properties instead.
     */
    interface IRoundSynced extends godwit.RoundSynced.$Properties {
    }

    /** Represents a RoundSynced. */
    class RoundSynced {

        /**
         * Constructs a new RoundSynced.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.RoundSynced.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RoundSynced round. */
        round: number;

        /** RoundSynced durationMs. */
        durationMs: number;

        /**
         * Encodes the specified RoundSynced message. Does not implicitly {@link godwit.RoundSynced.verify|verify} messages.
         * @param message RoundSynced message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.RoundSynced.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RoundSynced message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.RoundSynced & godwit.RoundSynced.$Shape} RoundSynced
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.RoundSynced & godwit.RoundSynced.$Shape;
    }

    namespace RoundSynced {

        /** Properties of a RoundSynced. */
        interface $Properties {

            /** RoundSynced round */
            round?: (number|null);

            /** RoundSynced durationMs */
            durationMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RoundSynced. */
        type $Shape = godwit.RoundSynced.$Properties;
    }

    /**
     * Properties of a Prepare.
     * @deprecated Use godwit.Prepare.$Properties instead.
     */
    interface IPrepare extends godwit.Prepare.$Properties {
    }

    /** Represents a Prepare. */
    class Prepare {

        /**
         * Constructs a new Prepare.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Prepare.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Prepare verifiedBlocks. */
        verifiedBlocks: number;

        /** Prepare verifiedBytes. */
        verifiedBytes: number;

        /** Prepare mismatches. */
        mismatches: number;

        /**
         * Encodes the specified Prepare message. Does not implicitly {@link godwit.Prepare.verify|verify} messages.
         * @param message Prepare message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Prepare.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Prepare message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Prepare & godwit.Prepare.$Shape} Prepare
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Prepare & godwit.Prepare.$Shape;
    }

    namespace Prepare {

        /** Properties of a Prepare. */
        interface $Properties {

            /** Prepare verifiedBlocks */
            verifiedBlocks?: (number|null);

            /** Prepare verifiedBytes */
            verifiedBytes?: (number|null);

            /** Prepare mismatches */
            mismatches?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Prepare. */
        type $Shape = godwit.Prepare.$Properties;
    }

    /**
     * Properties of a Prepared.
     * @deprecated Use godwit.Prepared.$Properties instead.
     */
    interface IPrepared extends godwit.Prepared.$Properties {
    }

    /** Represents a Prepared. */
    class Prepared {

        /**
         * Constructs a new Prepared.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Prepared.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Prepared durationMs. */
        durationMs: number;

        /**
         * Encodes the specified Prepared message. Does not implicitly {@link godwit.Prepared.verify|verify} messages.
         * @param message Prepared message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Prepared.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Prepared message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Prepared & godwit.Prepared.$Shape} Prepared
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Prepared & godwit.Prepared.$Shape;
    }

    namespace Prepared {

        /** Properties of a Prepared. */
        interface $Properties {

            /** Prepared durationMs */
            durationMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Prepared. */
        type $Shape = godwit.Prepared.$Properties;
    }

    /**
     * Properties of a Commit.
     * @deprecated Use godwit.Commit.$Properties instead.
     */
    interface ICommit extends godwit.Commit.$Properties {
    }

    /** Represents a Commit. */
    class Commit {

        /**
         * Constructs a new Commit.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Commit.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Commit migrationId. */
        migrationId: string;

        /** Commit epochs. */
        epochs: number[];

        /**
         * Encodes the specified Commit message. Does not implicitly {@link godwit.Commit.verify|verify} messages.
         * @param message Commit message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Commit.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Commit message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Commit & godwit.Commit.$Shape} Commit
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Commit & godwit.Commit.$Shape;
    }

    namespace Commit {

        /** Properties of a Commit. */
        interface $Properties {

            /** Commit migrationId */
            migrationId?: (string|null);

            /** Commit epochs */
            epochs?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Commit. */
        type $Shape = godwit.Commit.$Properties;
    }

    /**
     * Properties of a Taken.
     * @deprecated Use godwit.Taken.$Properties instead.
     */
    interface ITaken extends godwit.Taken.$Properties {
    }

    /** Represents a Taken. */
    class Taken {

        /**
         * Constructs a new Taken.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Taken.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Taken durationMs. */
        durationMs: number;

        /** Taken epochs. */
        epochs: number[];

        /**
         * Encodes the specified Taken message. Does not implicitly {@link godwit.Taken.verify|verify} messages.
         * @param message Taken message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Taken.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Taken message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Taken & godwit.Taken.$Shape} Taken
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Taken & godwit.Taken.$Shape;
    }

    namespace Taken {

        /** Properties of a Taken. */
        interface $Properties {

            /** Taken durationMs */
            durationMs?: (number|null);

            /** Taken epochs */
            epochs?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Taken. */
        type $Shape = godwit.Taken.$Properties;
    }

    /**
     * Properties of a Released.
     * @deprecated Use godwit.Released.$Properties instead.
     */
    interface IReleased extends godwit.Released.$Properties {
    }

    /** Represents a Released. */
    class Released {

        /**
         * Constructs a new Released.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Released.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Released totalMs. */
        totalMs: number;

        /** Released drainMs. */
        drainMs: number;

        /** Released finalRoundMs. */
        finalRoundMs: number;

        /** Released verifyMs. */
        verifyMs: number;

        /** Released persistMs. */
        persistMs: number;

        /** Released takeoverMs. */
        takeoverMs: number;

        /**
         * Encodes the specified Released message. Does not implicitly {@link godwit.Released.verify|verify} messages.
         * @param message Released message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Released.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Released message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Released & godwit.Released.$Shape} Released
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Released & godwit.Released.$Shape;
    }

    namespace Released {

        /** Properties of a Released. */
        interface $Properties {

            /** Released totalMs */
            totalMs?: (number|null);

            /** Released drainMs */
            drainMs?: (number|null);

            /** Released finalRoundMs */
            finalRoundMs?: (number|null);

            /** Released verifyMs */
            verifyMs?: (number|null);

            /** Released persistMs */
            persistMs?: (number|null);

            /** Released takeoverMs */
            takeoverMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Released. */
        type $Shape = godwit.Released.$Properties;
    }

    /**
     * Properties of a HookResult.
     * @deprecated Use godwit.HookResult.$Properties instead.
     */
    interface IHookResult extends godwit.HookResult.$Properties {
    }

    /** Represents a HookResult. */
    class HookResult {

        /**
         * Constructs a new HookResult.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.HookResult.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** HookResult hook. */
        hook: string;

        /** HookResult error. */
        error: string;

        /**
         * Encodes the specified HookResult message. Does not implicitly {@link godwit.HookResult.verify|verify} messages.
         * @param message HookResult message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.HookResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a HookResult message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.HookResult & godwit.HookResult.$Shape} HookResult
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.HookResult & godwit.HookResult.$Shape;
    }

    namespace HookResult {

        /** Properties of a HookResult. */
        interface $Properties {

            /** HookResult hook */
            hook?: (string|null);

            /** HookResult error */
            error?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a HookResult. */
        type $Shape = godwit.HookResult.$Properties;
    }

    /**
     * Properties of a Cancel.
     * @deprecated Use godwit.Cancel.$Properties instead.
     */
    interface ICancel extends godwit.Cancel.$Properties {
    }

    /** Represents a Cancel. */
    class Cancel {

        /**
         * Constructs a new Cancel.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Cancel.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Cancel code. */
        code: string;

        /** Cancel reason. */
        reason: string;

        /**
         * Encodes the specified Cancel message. Does not implicitly {@link godwit.Cancel.verify|verify} messages.
         * @param message Cancel message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Cancel.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Cancel message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Cancel & godwit.Cancel.$Shape} Cancel
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Cancel & godwit.Cancel.$Shape;
    }

    namespace Cancel {

        /** Properties of a Cancel. */
        interface $Properties {

            /** Cancel code */
            code?: (string|null);

            /** Cancel reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Cancel. */
        type $Shape = godwit.Cancel.$Properties;
    }

    /**
     * Properties of a Cancelled.
     * @deprecated Use godwit.Cancelled.$Properties instead.
     */
    interface ICancelled extends godwit.Cancelled.$Properties {
    }

    /** Represents a Cancelled. */
    class Cancelled {

        /**
         * Constructs a new Cancelled.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Cancelled.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /**
         * Encodes the specified Cancelled message. Does not implicitly {@link godwit.Cancelled.verify|verify} messages.
         * @param message Cancelled message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Cancelled.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Cancelled message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Cancelled & godwit.Cancelled.$Shape} Cancelled
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Cancelled & godwit.Cancelled.$Shape;
    }

    namespace Cancelled {

        /** Properties of a Cancelled. */
        interface $Properties {

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Cancelled. */
        type $Shape = godwit.Cancelled.$Properties;
    }

    /**
     * Properties of a Resolve.
     * @deprecated Use godwit.Resolve.$Properties instead.
     */
    interface IResolve extends godwit.Resolve.$Properties {
    }

    /** Represents a Resolve. */
    class Resolve {

        /**
         * Constructs a new Resolve.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Resolve.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Resolve migrationId. */
        migrationId: string;

        /** Resolve names. */
        names: string[];

        /** Resolve epochs. */
        epochs: number[];

        /**
         * Encodes the specified Resolve message. Does not implicitly {@link godwit.Resolve.verify|verify} messages.
         * @param message Resolve message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Resolve.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Resolve message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Resolve & godwit.Resolve.$Shape} Resolve
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Resolve & godwit.Resolve.$Shape;
    }

    namespace Resolve {

        /** Properties of a Resolve. */
        interface $Properties {

            /** Resolve migrationId */
            migrationId?: (string|null);

            /** Resolve names */
            names?: (string[]|null);

            /** Resolve epochs */
            epochs?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Resolve. */
        type $Shape = godwit.Resolve.$Properties;
    }

    /**
     * Properties of an Outcome.
     * @deprecated Use godwit.Outcome.$Properties instead.
     */
    interface IOutcome extends godwit.Outcome.$Properties {
    }

    /** Represents an Outcome. */
    class Outcome {

        /**
         * Constructs a new Outcome.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Outcome.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Outcome state. */
        state: string;

        /** Outcome epochs. */
        epochs: number[];

        /** Outcome apiHost. */
        apiHost: string;

        /** Outcome apiPort. */
        apiPort: number;

        /** Outcome apiScheme. */
        apiScheme: string;

        /**
         * Encodes the specified Outcome message. Does not implicitly {@link godwit.Outcome.verify|verify} messages.
         * @param message Outcome message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Outcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Outcome message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Outcome & godwit.Outcome.$Shape} Outcome
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Outcome & godwit.Outcome.$Shape;
    }

    namespace Outcome {

        /** Properties of an Outcome. */
        interface $Properties {

            /** Outcome state */
            state?: (string|null);

            /** Outcome epochs */
            epochs?: (number[]|null);

            /** Outcome apiHost */
            apiHost?: (string|null);

            /** Outcome apiPort */
            apiPort?: (number|null);

            /** Outcome apiScheme */
            apiScheme?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Outcome. */
        type $Shape = godwit.Outcome.$Properties;
    }

    /**
     * Properties of an Extent.
     * @deprecated Use godwit.Extent.$Properties instead.
     */
    interface IExtent extends godwit.Extent.$Properties {
    }

    /** Represents an Extent. */
    class Extent {

        /**
         * Constructs a new Extent.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Extent.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Extent seq. */
        seq: number;

        /** Extent round. */
        round: number;

        /** Extent image. */
        image: number;

        /** Extent offset. */
        offset: number;

        /** Extent rawBytes. */
        rawBytes: number;

        /** Extent encoding. */
        encoding: number;

        /** Extent hashLow. */
        hashLow: number;

        /** Extent hashHigh. */
        hashHigh: number;

        /**
         * Encodes the specified Extent message. Does not implicitly {@link godwit.Extent.verify|verify} messages.
         * @param message Extent message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Extent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Extent message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Extent & godwit.Extent.$Shape} Extent
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Extent & godwit.Extent.$Shape;
    }

    namespace Extent {

        /** Properties of an Extent. */
        interface $Properties {

            /** Extent seq */
            seq?: (number|null);

            /** Extent round */
            round?: (number|null);

            /** Extent image */
            image?: (number|null);

            /** Extent offset */
            offset?: (number|null);

            /** Extent rawBytes */
            rawBytes?: (number|null);

            /** Extent encoding */
            encoding?: (number|null);

            /** Extent hashLow */
            hashLow?: (number|null);

            /** Extent hashHigh */
            hashHigh?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Extent. */
        type $Shape = godwit.Extent.$Properties;
    }

    /**
     * Properties of a Zero.
     * @deprecated Use godwit.Zero.$Properties instead.
     */
    interface IZero extends godwit.Zero.$Properties {
    }

    /** Represents a Zero. */
    class Zero {

        /**
         * Constructs a new Zero.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Zero.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Zero seq. */
        seq: number;

        /** Zero round. */
        round: number;

        /** Zero image. */
        image: number;

        /** Zero offset. */
        offset: number;

        /** Zero length. */
        length: number;

        /**
         * Encodes the specified Zero message. Does not implicitly {@link godwit.Zero.verify|verify} messages.
         * @param message Zero message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Zero.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Zero message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Zero & godwit.Zero.$Shape} Zero
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Zero & godwit.Zero.$Shape;
    }

    namespace Zero {

        /** Properties of a Zero. */
        interface $Properties {

            /** Zero seq */
            seq?: (number|null);

            /** Zero round */
            round?: (number|null);

            /** Zero image */
            image?: (number|null);

            /** Zero offset */
            offset?: (number|null);

            /** Zero length */
            length?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Zero. */
        type $Shape = godwit.Zero.$Properties;
    }

    /**
     * Properties of a Check.
     * @deprecated Use godwit.Check.$Properties instead.
     */
    interface ICheck extends godwit.Check.$Properties {
    }

    /** Represents a Check. */
    class Check {

        /**
         * Constructs a new Check.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Check.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Check seq. */
        seq: number;

        /** Check image. */
        image: number;

        /** Check offset. */
        offset: number;

        /** Check length. */
        length: number;

        /** Check background. */
        background: boolean;

        /**
         * Encodes the specified Check message. Does not implicitly {@link godwit.Check.verify|verify} messages.
         * @param message Check message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Check.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Check message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Check & godwit.Check.$Shape} Check
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Check & godwit.Check.$Shape;
    }

    namespace Check {

        /** Properties of a Check. */
        interface $Properties {

            /** Check seq */
            seq?: (number|null);

            /** Check image */
            image?: (number|null);

            /** Check offset */
            offset?: (number|null);

            /** Check length */
            length?: (number|null);

            /** Check background */
            background?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Check. */
        type $Shape = godwit.Check.$Properties;
    }

    /**
     * Properties of a CheckZero.
     * @deprecated Use godwit.CheckZero.$Properties instead.
     */
    interface ICheckZero extends godwit.CheckZero.$Properties {
    }

    /** Represents a CheckZero. */
    class CheckZero {

        /**
         * Constructs a new CheckZero.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.CheckZero.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckZero seq. */
        seq: number;

        /** CheckZero image. */
        image: number;

        /** CheckZero offset. */
        offset: number;

        /** CheckZero length. */
        length: number;

        /**
         * Encodes the specified CheckZero message. Does not implicitly {@link godwit.CheckZero.verify|verify} messages.
         * @param message CheckZero message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.CheckZero.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckZero message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.CheckZero & godwit.CheckZero.$Shape} CheckZero
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.CheckZero & godwit.CheckZero.$Shape;
    }

    namespace CheckZero {

        /** Properties of a CheckZero. */
        interface $Properties {

            /** CheckZero seq */
            seq?: (number|null);

            /** CheckZero image */
            image?: (number|null);

            /** CheckZero offset */
            offset?: (number|null);

            /** CheckZero length */
            length?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckZero. */
        type $Shape = godwit.CheckZero.$Properties;
    }

    /**
     * Properties of an Ack.
     * @deprecated Use godwit.Ack.$Properties instead.
     */
    interface IAck extends godwit.Ack.$Properties {
    }

    /** Represents an Ack. */
    class Ack {

        /**
         * Constructs a new Ack.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Ack.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Ack seq. */
        seq: number;

        /**
         * Encodes the specified Ack message. Does not implicitly {@link godwit.Ack.verify|verify} messages.
         * @param message Ack message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Ack message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Ack & godwit.Ack.$Shape} Ack
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Ack & godwit.Ack.$Shape;
    }

    namespace Ack {

        /** Properties of an Ack. */
        interface $Properties {

            /** Ack seq */
            seq?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Ack. */
        type $Shape = godwit.Ack.$Properties;
    }

    /**
     * Properties of a Nack.
     * @deprecated Use godwit.Nack.$Properties instead.
     */
    interface INack extends godwit.Nack.$Properties {
    }

    /** Represents a Nack. */
    class Nack {

        /**
         * Constructs a new Nack.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.Nack.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Nack seq. */
        seq: number;

        /** Nack code. */
        code: string;

        /**
         * Encodes the specified Nack message. Does not implicitly {@link godwit.Nack.verify|verify} messages.
         * @param message Nack message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.Nack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Nack message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.Nack & godwit.Nack.$Shape} Nack
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.Nack & godwit.Nack.$Shape;
    }

    namespace Nack {

        /** Properties of a Nack. */
        interface $Properties {

            /** Nack seq */
            seq?: (number|null);

            /** Nack code */
            code?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Nack. */
        type $Shape = godwit.Nack.$Properties;
    }

    /**
     * Properties of a CheckResult.
     * @deprecated Use godwit.CheckResult.$Properties instead.
     */
    interface ICheckResult extends godwit.CheckResult.$Properties {
    }

    /** Represents a CheckResult. */
    class CheckResult {

        /**
         * Constructs a new CheckResult.
         * @param [properties] Properties to set
         */
        constructor(properties?: godwit.CheckResult.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckResult seq. */
        seq: number;

        /** CheckResult blocks. */
        blocks: number[];

        /**
         * Encodes the specified CheckResult message. Does not implicitly {@link godwit.CheckResult.verify|verify} messages.
         * @param message CheckResult message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: godwit.CheckResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckResult message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {godwit.CheckResult & godwit.CheckResult.$Shape} CheckResult
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): godwit.CheckResult & godwit.CheckResult.$Shape;
    }

    namespace CheckResult {

        /** Properties of a CheckResult. */
        interface $Properties {

            /** CheckResult seq */
            seq?: (number|null);

            /** CheckResult blocks */
            blocks?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckResult. */
        type $Shape = godwit.CheckResult.$Properties;
    }
}
