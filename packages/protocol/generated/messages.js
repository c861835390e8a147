/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const godwit = $root.godwit = (() => {

    /**
     * Namespace godwit.
     * @exports godwit
     * @namespace
     */
    const godwit = {};

    godwit.Hello = (function() {

        /**
         * Properties of a Hello.
         * @typedef {Object} godwit.Hello.$Properties
         * @property {string|null} [agentVersion] Hello agentVersion
         * @property {string|null} [token] Hello token
         * @property {string|null} [migrationId] Hello migrationId
         * @property {string|null} [sessionKey] Hello sessionKey
         * @property {number|null} [lane] Hello lane
         * @property {number|null} [heartbeatMs] Hello heartbeatMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Hello.
         * @memberof godwit
         * @interface IHello
         * @augments godwit.Hello.$Properties
         * @deprecated Use godwit.Hello.$Properties instead.
         */

        /**
         * Shape of a Hello.
         * @typedef {godwit.Hello.$Properties} godwit.Hello.$Shape
         */

        /**
         * Constructs a new Hello.
         * @memberof godwit
         * @classdesc Represents a Hello.
         * @constructor
         * @param {godwit.Hello.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Hello = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Hello agentVersion.
         * @member {string} agentVersion
         * @memberof godwit.Hello
         * @instance
         */
        Hello.prototype.agentVersion = "";

        /**
         * Hello token.
         * @member {string} token
         * @memberof godwit.Hello
         * @instance
         */
        Hello.prototype.token = "";

        /**
         * Hello migrationId.
         * @member {string} migrationId
         * @memberof godwit.Hello
         * @instance
         */
        Hello.prototype.migrationId = "";

        /**
         * Hello sessionKey.
         * @member {string} sessionKey
         * @memberof godwit.Hello
         * @instance
         */
        Hello.prototype.sessionKey = "";

        /**
         * Hello lane.
         * @member {number} lane
         * @memberof godwit.Hello
         * @instance
         */
        Hello.prototype.lane = 0;

        /**
         * Hello heartbeatMs.
         * @member {number} heartbeatMs
         * @memberof godwit.Hello
         * @instance
         */
        Hello.prototype.heartbeatMs = 0;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link godwit.Hello.verify|verify} messages.
         * @function encode
         * @memberof godwit.Hello
         * @static
         * @param {godwit.Hello.$Properties} message Hello message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Hello.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion") && message.agentVersion !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.agentVersion);
            if (message.token != null && $Object.hasOwnProperty.call(message, "token") && message.token !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.token);
            if (message.migrationId != null && $Object.hasOwnProperty.call(message, "migrationId") && message.migrationId !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.migrationId);
            if (message.sessionKey != null && $Object.hasOwnProperty.call(message, "sessionKey") && message.sessionKey !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.sessionKey);
            if (message.lane != null && $Object.hasOwnProperty.call(message, "lane") && message.lane !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.lane);
            if (message.heartbeatMs != null && $Object.hasOwnProperty.call(message, "heartbeatMs") && message.heartbeatMs !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.heartbeatMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Hello
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Hello & godwit.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Hello.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Hello();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.agentVersion = value;
                        else
                            delete message.agentVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.token = value;
                        else
                            delete message.token;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.migrationId = value;
                        else
                            delete message.migrationId;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.sessionKey = value;
                        else
                            delete message.sessionKey;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.lane = value;
                        else
                            delete message.lane;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.heartbeatMs = value;
                        else
                            delete message.heartbeatMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Hello;
    })();

    godwit.HelloAck = (function() {

        /**
         * Properties of a HelloAck.
         * @typedef {Object} godwit.HelloAck.$Properties
         * @property {number|null} [version] HelloAck version
         * @property {string|null} [agentVersion] HelloAck agentVersion
         * @property {number|null} [windowBytes] HelloAck windowBytes
         * @property {number|null} [heartbeatMs] HelloAck heartbeatMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a HelloAck.
         * @memberof godwit
         * @interface IHelloAck
         * @augments godwit.HelloAck.$Properties
         * @deprecated Use godwit.HelloAck.$Properties instead.
         */

        /**
         * Shape of a HelloAck.
         * @typedef {godwit.HelloAck.$Properties} godwit.HelloAck.$Shape
         */

        /**
         * Constructs a new HelloAck.
         * @memberof godwit
         * @classdesc Represents a HelloAck.
         * @constructor
         * @param {godwit.HelloAck.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const HelloAck = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * HelloAck version.
         * @member {number} version
         * @memberof godwit.HelloAck
         * @instance
         */
        HelloAck.prototype.version = 0;

        /**
         * HelloAck agentVersion.
         * @member {string} agentVersion
         * @memberof godwit.HelloAck
         * @instance
         */
        HelloAck.prototype.agentVersion = "";

        /**
         * HelloAck windowBytes.
         * @member {number} windowBytes
         * @memberof godwit.HelloAck
         * @instance
         */
        HelloAck.prototype.windowBytes = 0;

        /**
         * HelloAck heartbeatMs.
         * @member {number} heartbeatMs
         * @memberof godwit.HelloAck
         * @instance
         */
        HelloAck.prototype.heartbeatMs = 0;

        /**
         * Encodes the specified HelloAck message. Does not implicitly {@link godwit.HelloAck.verify|verify} messages.
         * @function encode
         * @memberof godwit.HelloAck
         * @static
         * @param {godwit.HelloAck.$Properties} message HelloAck message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        HelloAck.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.version);
            if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion") && message.agentVersion !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.agentVersion);
            if (message.windowBytes != null && $Object.hasOwnProperty.call(message, "windowBytes") && !$Object.is(message.windowBytes, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.windowBytes);
            if (message.heartbeatMs != null && $Object.hasOwnProperty.call(message, "heartbeatMs") && message.heartbeatMs !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.heartbeatMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a HelloAck message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.HelloAck
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.HelloAck & godwit.HelloAck.$Shape} HelloAck
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        HelloAck.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.HelloAck();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.agentVersion = value;
                        else
                            delete message.agentVersion;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.windowBytes = value;
                        else
                            delete message.windowBytes;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.heartbeatMs = value;
                        else
                            delete message.heartbeatMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return HelloAck;
    })();

    godwit.Failure = (function() {

        /**
         * Properties of a Failure.
         * @typedef {Object} godwit.Failure.$Properties
         * @property {string|null} [code] Failure code
         * @property {string|null} [message] Failure message
         * @property {string|null} [detail] Failure detail
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Failure.
         * @memberof godwit
         * @interface IFailure
         * @augments godwit.Failure.$Properties
         * @deprecated Use godwit.Failure.$Properties instead.
         */

        /**
         * Shape of a Failure.
         * @typedef {godwit.Failure.$Properties} godwit.Failure.$Shape
         */

        /**
         * Constructs a new Failure.
         * @memberof godwit
         * @classdesc Represents a Failure.
         * @constructor
         * @param {godwit.Failure.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Failure = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Failure code.
         * @member {string} code
         * @memberof godwit.Failure
         * @instance
         */
        Failure.prototype.code = "";

        /**
         * Failure message.
         * @member {string} message
         * @memberof godwit.Failure
         * @instance
         */
        Failure.prototype.message = "";

        /**
         * Failure detail.
         * @member {string} detail
         * @memberof godwit.Failure
         * @instance
         */
        Failure.prototype.detail = "";

        /**
         * Encodes the specified Failure message. Does not implicitly {@link godwit.Failure.verify|verify} messages.
         * @function encode
         * @memberof godwit.Failure
         * @static
         * @param {godwit.Failure.$Properties} message Failure message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Failure.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.message);
            if (message.detail != null && $Object.hasOwnProperty.call(message, "detail") && message.detail !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.detail);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Failure message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Failure
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Failure & godwit.Failure.$Shape} Failure
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Failure.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Failure();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.detail = value;
                        else
                            delete message.detail;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Failure;
    })();

    godwit.Heartbeat = (function() {

        /**
         * Properties of a Heartbeat.
         * @typedef {Object} godwit.Heartbeat.$Properties
         * @property {number|null} [sentAtMs] Heartbeat sentAtMs
         * @property {number|null} [echoMs] Heartbeat echoMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Heartbeat.
         * @memberof godwit
         * @interface IHeartbeat
         * @augments godwit.Heartbeat.$Properties
         * @deprecated Use godwit.Heartbeat.$Properties instead.
         */

        /**
         * Shape of a Heartbeat.
         * @typedef {godwit.Heartbeat.$Properties} godwit.Heartbeat.$Shape
         */

        /**
         * Constructs a new Heartbeat.
         * @memberof godwit
         * @classdesc Represents a Heartbeat.
         * @constructor
         * @param {godwit.Heartbeat.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Heartbeat = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Heartbeat sentAtMs.
         * @member {number} sentAtMs
         * @memberof godwit.Heartbeat
         * @instance
         */
        Heartbeat.prototype.sentAtMs = 0;

        /**
         * Heartbeat echoMs.
         * @member {number} echoMs
         * @memberof godwit.Heartbeat
         * @instance
         */
        Heartbeat.prototype.echoMs = 0;

        /**
         * Encodes the specified Heartbeat message. Does not implicitly {@link godwit.Heartbeat.verify|verify} messages.
         * @function encode
         * @memberof godwit.Heartbeat
         * @static
         * @param {godwit.Heartbeat.$Properties} message Heartbeat message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Heartbeat.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.sentAtMs != null && $Object.hasOwnProperty.call(message, "sentAtMs") && !$Object.is(message.sentAtMs, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.sentAtMs);
            if (message.echoMs != null && $Object.hasOwnProperty.call(message, "echoMs") && !$Object.is(message.echoMs, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.echoMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Heartbeat message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Heartbeat
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Heartbeat & godwit.Heartbeat.$Shape} Heartbeat
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Heartbeat.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Heartbeat();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.sentAtMs = value;
                        else
                            delete message.sentAtMs;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.echoMs = value;
                        else
                            delete message.echoMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Heartbeat;
    })();

    godwit.ImageOffer = (function() {

        /**
         * Properties of an ImageOffer.
         * @typedef {Object} godwit.ImageOffer.$Properties
         * @property {string|null} [name] ImageOffer name
         * @property {string|null} [kind] ImageOffer kind
         * @property {number|null} [sizeBytes] ImageOffer sizeBytes
         * @property {number|null} [blockBytes] ImageOffer blockBytes
         * @property {number|null} [allocatedBytes] ImageOffer allocatedBytes
         * @property {number|null} [epoch] ImageOffer epoch
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an ImageOffer.
         * @memberof godwit
         * @interface IImageOffer
         * @augments godwit.ImageOffer.$Properties
         * @deprecated Use godwit.ImageOffer.$Properties instead.
         */

        /**
         * Shape of an ImageOffer.
         * @typedef {godwit.ImageOffer.$Properties} godwit.ImageOffer.$Shape
         */

        /**
         * Constructs a new ImageOffer.
         * @memberof godwit
         * @classdesc Represents an ImageOffer.
         * @constructor
         * @param {godwit.ImageOffer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ImageOffer = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ImageOffer name.
         * @member {string} name
         * @memberof godwit.ImageOffer
         * @instance
         */
        ImageOffer.prototype.name = "";

        /**
         * ImageOffer kind.
         * @member {string} kind
         * @memberof godwit.ImageOffer
         * @instance
         */
        ImageOffer.prototype.kind = "";

        /**
         * ImageOffer sizeBytes.
         * @member {number} sizeBytes
         * @memberof godwit.ImageOffer
         * @instance
         */
        ImageOffer.prototype.sizeBytes = 0;

        /**
         * ImageOffer blockBytes.
         * @member {number} blockBytes
         * @memberof godwit.ImageOffer
         * @instance
         */
        ImageOffer.prototype.blockBytes = 0;

        /**
         * ImageOffer allocatedBytes.
         * @member {number} allocatedBytes
         * @memberof godwit.ImageOffer
         * @instance
         */
        ImageOffer.prototype.allocatedBytes = 0;

        /**
         * ImageOffer epoch.
         * @member {number} epoch
         * @memberof godwit.ImageOffer
         * @instance
         */
        ImageOffer.prototype.epoch = 0;

        /**
         * Encodes the specified ImageOffer message. Does not implicitly {@link godwit.ImageOffer.verify|verify} messages.
         * @function encode
         * @memberof godwit.ImageOffer
         * @static
         * @param {godwit.ImageOffer.$Properties} message ImageOffer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ImageOffer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.kind);
            if (message.sizeBytes != null && $Object.hasOwnProperty.call(message, "sizeBytes") && !$Object.is(message.sizeBytes, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.sizeBytes);
            if (message.blockBytes != null && $Object.hasOwnProperty.call(message, "blockBytes") && !$Object.is(message.blockBytes, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.blockBytes);
            if (message.allocatedBytes != null && $Object.hasOwnProperty.call(message, "allocatedBytes") && !$Object.is(message.allocatedBytes, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.allocatedBytes);
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.epoch);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an ImageOffer message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.ImageOffer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.ImageOffer & godwit.ImageOffer.$Shape} ImageOffer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ImageOffer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.ImageOffer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.sizeBytes = value;
                        else
                            delete message.sizeBytes;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.blockBytes = value;
                        else
                            delete message.blockBytes;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.allocatedBytes = value;
                        else
                            delete message.allocatedBytes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ImageOffer;
    })();

    godwit.Offer = (function() {

        /**
         * Properties of an Offer.
         * @typedef {Object} godwit.Offer.$Properties
         * @property {string|null} [migrationId] Offer migrationId
         * @property {Array.<godwit.ImageOffer.$Properties>|null} [images] Offer images
         * @property {string|null} [mode] Offer mode
         * @property {string|null} [verify] Offer verify
         * @property {number|null} [lanes] Offer lanes
         * @property {string|null} [sourceId] Offer sourceId
         * @property {number|null} [attempt] Offer attempt
         * @property {number|null} [patienceMs] Offer patienceMs
         * @property {boolean|null} [seed] Offer seed
         * @property {string|null} [workload] Offer workload
         * @property {string|null} [document] Offer document
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Offer.
         * @memberof godwit
         * @interface IOffer
         * @augments godwit.Offer.$Properties
         * @deprecated Use godwit.Offer.$Properties instead.
         */

        /**
         * Shape of an Offer.
         * @typedef {godwit.Offer.$Properties} godwit.Offer.$Shape
         */

        /**
         * Constructs a new Offer.
         * @memberof godwit
         * @classdesc Represents an Offer.
         * @constructor
         * @param {godwit.Offer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Offer = function (properties) {
            this.images = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Offer migrationId.
         * @member {string} migrationId
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.migrationId = "";

        /**
         * Offer images.
         * @member {Array.<godwit.ImageOffer.$Properties>} images
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.images = $util.emptyArray;

        /**
         * Offer mode.
         * @member {string} mode
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.mode = "";

        /**
         * Offer verify.
         * @member {string} verify
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.verify = "";

        /**
         * Offer lanes.
         * @member {number} lanes
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.lanes = 0;

        /**
         * Offer sourceId.
         * @member {string} sourceId
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.sourceId = "";

        /**
         * Offer attempt.
         * @member {number} attempt
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.attempt = 0;

        /**
         * Offer patienceMs.
         * @member {number} patienceMs
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.patienceMs = 0;

        /**
         * Offer seed.
         * @member {boolean} seed
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.seed = false;

        /**
         * Offer workload.
         * @member {string} workload
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.workload = "";

        /**
         * Offer document.
         * @member {string} document
         * @memberof godwit.Offer
         * @instance
         */
        Offer.prototype.document = "";

        /**
         * Encodes the specified Offer message. Does not implicitly {@link godwit.Offer.verify|verify} messages.
         * @function encode
         * @memberof godwit.Offer
         * @static
         * @param {godwit.Offer.$Properties} message Offer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Offer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.migrationId != null && $Object.hasOwnProperty.call(message, "migrationId") && message.migrationId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.migrationId);
            if (message.images != null && message.images.length)
                for (let i = 0; i < message.images.length; ++i)
                    $root.godwit.ImageOffer.encode(message.images[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.mode != null && $Object.hasOwnProperty.call(message, "mode") && message.mode !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.mode);
            if (message.verify != null && $Object.hasOwnProperty.call(message, "verify") && message.verify !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.verify);
            if (message.lanes != null && $Object.hasOwnProperty.call(message, "lanes") && message.lanes !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.lanes);
            if (message.sourceId != null && $Object.hasOwnProperty.call(message, "sourceId") && message.sourceId !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.sourceId);
            if (message.attempt != null && $Object.hasOwnProperty.call(message, "attempt") && message.attempt !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.attempt);
            if (message.patienceMs != null && $Object.hasOwnProperty.call(message, "patienceMs") && !$Object.is(message.patienceMs, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.patienceMs);
            if (message.seed != null && $Object.hasOwnProperty.call(message, "seed") && message.seed !== false)
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.seed);
            if (message.workload != null && $Object.hasOwnProperty.call(message, "workload") && message.workload !== "")
                writer.uint32(/* id 10, wireType 2 =*/82).string(message.workload);
            if (message.document != null && $Object.hasOwnProperty.call(message, "document") && message.document !== "")
                writer.uint32(/* id 11, wireType 2 =*/90).string(message.document);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Offer message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Offer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Offer & godwit.Offer.$Shape} Offer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Offer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Offer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.migrationId = value;
                        else
                            delete message.migrationId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.images && message.images.length))
                            message.images = [];
                        message.images.push($root.godwit.ImageOffer.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.mode = value;
                        else
                            delete message.mode;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.verify = value;
                        else
                            delete message.verify;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.lanes = value;
                        else
                            delete message.lanes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.sourceId = value;
                        else
                            delete message.sourceId;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.attempt = value;
                        else
                            delete message.attempt;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.patienceMs = value;
                        else
                            delete message.patienceMs;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.seed = value;
                        else
                            delete message.seed;
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.workload = value;
                        else
                            delete message.workload;
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.document = value;
                        else
                            delete message.document;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Offer;
    })();

    godwit.Survey = (function() {

        /**
         * Properties of a Survey.
         * @typedef {Object} godwit.Survey.$Properties
         * @property {string|null} [workload] Survey workload
         * @property {string|null} [document] Survey document
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Survey.
         * @memberof godwit
         * @interface ISurvey
         * @augments godwit.Survey.$Properties
         * @deprecated Use godwit.Survey.$Properties instead.
         */

        /**
         * Shape of a Survey.
         * @typedef {godwit.Survey.$Properties} godwit.Survey.$Shape
         */

        /**
         * Constructs a new Survey.
         * @memberof godwit
         * @classdesc Represents a Survey.
         * @constructor
         * @param {godwit.Survey.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Survey = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Survey workload.
         * @member {string} workload
         * @memberof godwit.Survey
         * @instance
         */
        Survey.prototype.workload = "";

        /**
         * Survey document.
         * @member {string} document
         * @memberof godwit.Survey
         * @instance
         */
        Survey.prototype.document = "";

        /**
         * Encodes the specified Survey message. Does not implicitly {@link godwit.Survey.verify|verify} messages.
         * @function encode
         * @memberof godwit.Survey
         * @static
         * @param {godwit.Survey.$Properties} message Survey message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Survey.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.workload != null && $Object.hasOwnProperty.call(message, "workload") && message.workload !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.workload);
            if (message.document != null && $Object.hasOwnProperty.call(message, "document") && message.document !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.document);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Survey message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Survey
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Survey & godwit.Survey.$Shape} Survey
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Survey.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Survey();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.workload = value;
                        else
                            delete message.workload;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.document = value;
                        else
                            delete message.document;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Survey;
    })();

    godwit.Findings = (function() {

        /**
         * Properties of a Findings.
         * @typedef {Object} godwit.Findings.$Properties
         * @property {string|null} [document] Findings document
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Findings.
         * @memberof godwit
         * @interface IFindings
         * @augments godwit.Findings.$Properties
         * @deprecated Use godwit.Findings.$Properties instead.
         */

        /**
         * Shape of a Findings.
         * @typedef {godwit.Findings.$Properties} godwit.Findings.$Shape
         */

        /**
         * Constructs a new Findings.
         * @memberof godwit
         * @classdesc Represents a Findings.
         * @constructor
         * @param {godwit.Findings.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Findings = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Findings document.
         * @member {string} document
         * @memberof godwit.Findings
         * @instance
         */
        Findings.prototype.document = "";

        /**
         * Encodes the specified Findings message. Does not implicitly {@link godwit.Findings.verify|verify} messages.
         * @function encode
         * @memberof godwit.Findings
         * @static
         * @param {godwit.Findings.$Properties} message Findings message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Findings.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.document != null && $Object.hasOwnProperty.call(message, "document") && message.document !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.document);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Findings message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Findings
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Findings & godwit.Findings.$Shape} Findings
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Findings.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Findings();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.document = value;
                        else
                            delete message.document;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Findings;
    })();

    godwit.HeldCopy = (function() {

        /**
         * Properties of a HeldCopy.
         * @typedef {Object} godwit.HeldCopy.$Properties
         * @property {string|null} [copy] HeldCopy copy
         * @property {number|null} [held] HeldCopy held
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a HeldCopy.
         * @memberof godwit
         * @interface IHeldCopy
         * @augments godwit.HeldCopy.$Properties
         * @deprecated Use godwit.HeldCopy.$Properties instead.
         */

        /**
         * Shape of a HeldCopy.
         * @typedef {godwit.HeldCopy.$Properties} godwit.HeldCopy.$Shape
         */

        /**
         * Constructs a new HeldCopy.
         * @memberof godwit
         * @classdesc Represents a HeldCopy.
         * @constructor
         * @param {godwit.HeldCopy.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const HeldCopy = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * HeldCopy copy.
         * @member {string} copy
         * @memberof godwit.HeldCopy
         * @instance
         */
        HeldCopy.prototype.copy = "";

        /**
         * HeldCopy held.
         * @member {number} held
         * @memberof godwit.HeldCopy
         * @instance
         */
        HeldCopy.prototype.held = 0;

        /**
         * Encodes the specified HeldCopy message. Does not implicitly {@link godwit.HeldCopy.verify|verify} messages.
         * @function encode
         * @memberof godwit.HeldCopy
         * @static
         * @param {godwit.HeldCopy.$Properties} message HeldCopy message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        HeldCopy.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.copy != null && $Object.hasOwnProperty.call(message, "copy") && message.copy !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.copy);
            if (message.held != null && $Object.hasOwnProperty.call(message, "held") && message.held !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.held);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a HeldCopy message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.HeldCopy
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.HeldCopy & godwit.HeldCopy.$Shape} HeldCopy
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        HeldCopy.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.HeldCopy();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.copy = value;
                        else
                            delete message.copy;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.held = value;
                        else
                            delete message.held;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return HeldCopy;
    })();

    godwit.Accept = (function() {

        /**
         * Properties of an Accept.
         * @typedef {Object} godwit.Accept.$Properties
         * @property {string|null} [sessionKey] Accept sessionKey
         * @property {number|null} [lanes] Accept lanes
         * @property {string|null} [apiHost] Accept apiHost
         * @property {number|null} [apiPort] Accept apiPort
         * @property {string|null} [apiScheme] Accept apiScheme
         * @property {Array.<godwit.HeldCopy.$Properties>|null} [copies] Accept copies
         * @property {string|null} [workload] Accept workload
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Accept.
         * @memberof godwit
         * @interface IAccept
         * @augments godwit.Accept.$Properties
         * @deprecated Use godwit.Accept.$Properties instead.
         */

        /**
         * Shape of an Accept.
         * @typedef {godwit.Accept.$Properties} godwit.Accept.$Shape
         */

        /**
         * Constructs a new Accept.
         * @memberof godwit
         * @classdesc Represents an Accept.
         * @constructor
         * @param {godwit.Accept.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Accept = function (properties) {
            this.copies = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Accept sessionKey.
         * @member {string} sessionKey
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.sessionKey = "";

        /**
         * Accept lanes.
         * @member {number} lanes
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.lanes = 0;

        /**
         * Accept apiHost.
         * @member {string} apiHost
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.apiHost = "";

        /**
         * Accept apiPort.
         * @member {number} apiPort
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.apiPort = 0;

        /**
         * Accept apiScheme.
         * @member {string} apiScheme
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.apiScheme = "";

        /**
         * Accept copies.
         * @member {Array.<godwit.HeldCopy.$Properties>} copies
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.copies = $util.emptyArray;

        /**
         * Accept workload.
         * @member {string} workload
         * @memberof godwit.Accept
         * @instance
         */
        Accept.prototype.workload = "";

        /**
         * Encodes the specified Accept message. Does not implicitly {@link godwit.Accept.verify|verify} messages.
         * @function encode
         * @memberof godwit.Accept
         * @static
         * @param {godwit.Accept.$Properties} message Accept message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Accept.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.sessionKey != null && $Object.hasOwnProperty.call(message, "sessionKey") && message.sessionKey !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.sessionKey);
            if (message.lanes != null && $Object.hasOwnProperty.call(message, "lanes") && message.lanes !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.lanes);
            if (message.apiHost != null && $Object.hasOwnProperty.call(message, "apiHost") && message.apiHost !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.apiHost);
            if (message.apiPort != null && $Object.hasOwnProperty.call(message, "apiPort") && message.apiPort !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.apiPort);
            if (message.apiScheme != null && $Object.hasOwnProperty.call(message, "apiScheme") && message.apiScheme !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.apiScheme);
            if (message.copies != null && message.copies.length)
                for (let i = 0; i < message.copies.length; ++i)
                    $root.godwit.HeldCopy.encode(message.copies[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.workload != null && $Object.hasOwnProperty.call(message, "workload") && message.workload !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.workload);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Accept message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Accept
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Accept & godwit.Accept.$Shape} Accept
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Accept.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Accept();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.sessionKey = value;
                        else
                            delete message.sessionKey;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.lanes = value;
                        else
                            delete message.lanes;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.apiHost = value;
                        else
                            delete message.apiHost;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.apiPort = value;
                        else
                            delete message.apiPort;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.apiScheme = value;
                        else
                            delete message.apiScheme;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if (!(message.copies && message.copies.length))
                            message.copies = [];
                        message.copies.push($root.godwit.HeldCopy.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.workload = value;
                        else
                            delete message.workload;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Accept;
    })();

    godwit.Progress = (function() {

        /**
         * Properties of a Progress.
         * @typedef {Object} godwit.Progress.$Properties
         * @property {string|null} [state] Progress state
         * @property {string|null} [phase] Progress phase
         * @property {number|null} [total] Progress total
         * @property {number|null} [transferred] Progress transferred
         * @property {number|null} [remaining] Progress remaining
         * @property {number|null} [duplicate] Progress duplicate
         * @property {number|null} [normal] Progress normal
         * @property {number|null} [wireBytes] Progress wireBytes
         * @property {number|null} [resent] Progress resent
         * @property {number|null} [percent] Progress percent
         * @property {number|null} [etaMs] Progress etaMs
         * @property {number|null} [mbps] Progress mbps
         * @property {number|null} [dirtyBytesPerSec] Progress dirtyBytesPerSec
         * @property {number|null} [expectedDowntimeMs] Progress expectedDowntimeMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Progress.
         * @memberof godwit
         * @interface IProgress
         * @augments godwit.Progress.$Properties
         * @deprecated Use godwit.Progress.$Properties instead.
         */

        /**
         * Shape of a Progress.
         * @typedef {godwit.Progress.$Properties} godwit.Progress.$Shape
         */

        /**
         * Constructs a new Progress.
         * @memberof godwit
         * @classdesc Represents a Progress.
         * @constructor
         * @param {godwit.Progress.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Progress = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Progress state.
         * @member {string} state
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.state = "";

        /**
         * Progress phase.
         * @member {string} phase
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.phase = "";

        /**
         * Progress total.
         * @member {number} total
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.total = 0;

        /**
         * Progress transferred.
         * @member {number} transferred
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.transferred = 0;

        /**
         * Progress remaining.
         * @member {number} remaining
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.remaining = 0;

        /**
         * Progress duplicate.
         * @member {number} duplicate
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.duplicate = 0;

        /**
         * Progress normal.
         * @member {number} normal
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.normal = 0;

        /**
         * Progress wireBytes.
         * @member {number} wireBytes
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.wireBytes = 0;

        /**
         * Progress resent.
         * @member {number} resent
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.resent = 0;

        /**
         * Progress percent.
         * @member {number} percent
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.percent = 0;

        /**
         * Progress etaMs.
         * @member {number} etaMs
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.etaMs = 0;

        /**
         * Progress mbps.
         * @member {number} mbps
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.mbps = 0;

        /**
         * Progress dirtyBytesPerSec.
         * @member {number} dirtyBytesPerSec
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.dirtyBytesPerSec = 0;

        /**
         * Progress expectedDowntimeMs.
         * @member {number} expectedDowntimeMs
         * @memberof godwit.Progress
         * @instance
         */
        Progress.prototype.expectedDowntimeMs = 0;

        /**
         * Encodes the specified Progress message. Does not implicitly {@link godwit.Progress.verify|verify} messages.
         * @function encode
         * @memberof godwit.Progress
         * @static
         * @param {godwit.Progress.$Properties} message Progress message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Progress.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.state);
            if (message.phase != null && $Object.hasOwnProperty.call(message, "phase") && message.phase !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.phase);
            if (message.total != null && $Object.hasOwnProperty.call(message, "total") && !$Object.is(message.total, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.total);
            if (message.transferred != null && $Object.hasOwnProperty.call(message, "transferred") && !$Object.is(message.transferred, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.transferred);
            if (message.remaining != null && $Object.hasOwnProperty.call(message, "remaining") && !$Object.is(message.remaining, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.remaining);
            if (message.duplicate != null && $Object.hasOwnProperty.call(message, "duplicate") && !$Object.is(message.duplicate, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.duplicate);
            if (message.normal != null && $Object.hasOwnProperty.call(message, "normal") && !$Object.is(message.normal, 0))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.normal);
            if (message.wireBytes != null && $Object.hasOwnProperty.call(message, "wireBytes") && !$Object.is(message.wireBytes, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.wireBytes);
            if (message.resent != null && $Object.hasOwnProperty.call(message, "resent") && !$Object.is(message.resent, 0))
                writer.uint32(/* id 9, wireType 1 =*/73).double(message.resent);
            if (message.percent != null && $Object.hasOwnProperty.call(message, "percent") && !$Object.is(message.percent, 0))
                writer.uint32(/* id 10, wireType 1 =*/81).double(message.percent);
            if (message.etaMs != null && $Object.hasOwnProperty.call(message, "etaMs") && !$Object.is(message.etaMs, 0))
                writer.uint32(/* id 11, wireType 1 =*/89).double(message.etaMs);
            if (message.mbps != null && $Object.hasOwnProperty.call(message, "mbps") && !$Object.is(message.mbps, 0))
                writer.uint32(/* id 12, wireType 1 =*/97).double(message.mbps);
            if (message.dirtyBytesPerSec != null && $Object.hasOwnProperty.call(message, "dirtyBytesPerSec") && !$Object.is(message.dirtyBytesPerSec, 0))
                writer.uint32(/* id 13, wireType 1 =*/105).double(message.dirtyBytesPerSec);
            if (message.expectedDowntimeMs != null && $Object.hasOwnProperty.call(message, "expectedDowntimeMs") && !$Object.is(message.expectedDowntimeMs, 0))
                writer.uint32(/* id 14, wireType 1 =*/113).double(message.expectedDowntimeMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Progress message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Progress
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Progress & godwit.Progress.$Shape} Progress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Progress.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Progress();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.phase = value;
                        else
                            delete message.phase;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.total = value;
                        else
                            delete message.total;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.transferred = value;
                        else
                            delete message.transferred;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.remaining = value;
                        else
                            delete message.remaining;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.duplicate = value;
                        else
                            delete message.duplicate;
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.normal = value;
                        else
                            delete message.normal;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.wireBytes = value;
                        else
                            delete message.wireBytes;
                        continue;
                    }
                case 9: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.resent = value;
                        else
                            delete message.resent;
                        continue;
                    }
                case 10: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.percent = value;
                        else
                            delete message.percent;
                        continue;
                    }
                case 11: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.etaMs = value;
                        else
                            delete message.etaMs;
                        continue;
                    }
                case 12: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.mbps = value;
                        else
                            delete message.mbps;
                        continue;
                    }
                case 13: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.dirtyBytesPerSec = value;
                        else
                            delete message.dirtyBytesPerSec;
                        continue;
                    }
                case 14: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.expectedDowntimeMs = value;
                        else
                            delete message.expectedDowntimeMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Progress;
    })();

    godwit.RoundEnd = (function() {

        /**
         * Properties of a RoundEnd.
         * @typedef {Object} godwit.RoundEnd.$Properties
         * @property {number|null} [round] RoundEnd round
         * @property {number|null} [blocks] RoundEnd blocks
         * @property {number|null} [bytes] RoundEnd bytes
         * @property {number|null} [zeroBytes] RoundEnd zeroBytes
         * @property {number|null} [wireBytes] RoundEnd wireBytes
         * @property {number|null} [durationMs] RoundEnd durationMs
         * @property {number|null} [dirtiedBytes] RoundEnd dirtiedBytes
         * @property {number|null} [mbps] RoundEnd mbps
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RoundEnd.
         * @memberof godwit
         * @interface IRoundEnd
         * @augments godwit.RoundEnd.$Properties
         * @deprecated Use godwit.RoundEnd.$Properties instead.
         */

        /**
         * Shape of a RoundEnd.
         * @typedef {godwit.RoundEnd.$Properties} godwit.RoundEnd.$Shape
         */

        /**
         * Constructs a new RoundEnd.
         * @memberof godwit
         * @classdesc Represents a RoundEnd.
         * @constructor
         * @param {godwit.RoundEnd.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RoundEnd = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RoundEnd round.
         * @member {number} round
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.round = 0;

        /**
         * RoundEnd blocks.
         * @member {number} blocks
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.blocks = 0;

        /**
         * RoundEnd bytes.
         * @member {number} bytes
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.bytes = 0;

        /**
         * RoundEnd zeroBytes.
         * @member {number} zeroBytes
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.zeroBytes = 0;

        /**
         * RoundEnd wireBytes.
         * @member {number} wireBytes
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.wireBytes = 0;

        /**
         * RoundEnd durationMs.
         * @member {number} durationMs
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.durationMs = 0;

        /**
         * RoundEnd dirtiedBytes.
         * @member {number} dirtiedBytes
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.dirtiedBytes = 0;

        /**
         * RoundEnd mbps.
         * @member {number} mbps
         * @memberof godwit.RoundEnd
         * @instance
         */
        RoundEnd.prototype.mbps = 0;

        /**
         * Encodes the specified RoundEnd message. Does not implicitly {@link godwit.RoundEnd.verify|verify} messages.
         * @function encode
         * @memberof godwit.RoundEnd
         * @static
         * @param {godwit.RoundEnd.$Properties} message RoundEnd message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RoundEnd.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.round != null && $Object.hasOwnProperty.call(message, "round") && message.round !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.round);
            if (message.blocks != null && $Object.hasOwnProperty.call(message, "blocks") && !$Object.is(message.blocks, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.blocks);
            if (message.bytes != null && $Object.hasOwnProperty.call(message, "bytes") && !$Object.is(message.bytes, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.bytes);
            if (message.zeroBytes != null && $Object.hasOwnProperty.call(message, "zeroBytes") && !$Object.is(message.zeroBytes, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.zeroBytes);
            if (message.wireBytes != null && $Object.hasOwnProperty.call(message, "wireBytes") && !$Object.is(message.wireBytes, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.wireBytes);
            if (message.durationMs != null && $Object.hasOwnProperty.call(message, "durationMs") && !$Object.is(message.durationMs, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.durationMs);
            if (message.dirtiedBytes != null && $Object.hasOwnProperty.call(message, "dirtiedBytes") && !$Object.is(message.dirtiedBytes, 0))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.dirtiedBytes);
            if (message.mbps != null && $Object.hasOwnProperty.call(message, "mbps") && !$Object.is(message.mbps, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.mbps);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RoundEnd message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.RoundEnd
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.RoundEnd & godwit.RoundEnd.$Shape} RoundEnd
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RoundEnd.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.RoundEnd();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.round = value;
                        else
                            delete message.round;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.blocks = value;
                        else
                            delete message.blocks;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.bytes = value;
                        else
                            delete message.bytes;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.zeroBytes = value;
                        else
                            delete message.zeroBytes;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.wireBytes = value;
                        else
                            delete message.wireBytes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.durationMs = value;
                        else
                            delete message.durationMs;
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.dirtiedBytes = value;
                        else
                            delete message.dirtiedBytes;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.mbps = value;
                        else
                            delete message.mbps;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return RoundEnd;
    })();

    godwit.RoundSynced = (function() {

        /**
         * Properties of a RoundSynced.
         * @typedef {Object} godwit.RoundSynced.$Properties
         * @property {number|null} [round] RoundSynced round
         * @property {number|null} [durationMs] RoundSynced durationMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RoundSynced.
         * @memberof godwit
         * @interface IRoundSynced
         * @augments godwit.RoundSynced.$Properties
         * @deprecated Use godwit.RoundSynced.$Properties instead.
         */

        /**
         * Shape of a RoundSynced.
         * @typedef {godwit.RoundSynced.$Properties} godwit.RoundSynced.$Shape
         */

        /**
         * Constructs a new RoundSynced.
         * @memberof godwit
         * @classdesc Represents a RoundSynced.
         * @constructor
         * @param {godwit.RoundSynced.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RoundSynced = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RoundSynced round.
         * @member {number} round
         * @memberof godwit.RoundSynced
         * @instance
         */
        RoundSynced.prototype.round = 0;

        /**
         * RoundSynced durationMs.
         * @member {number} durationMs
         * @memberof godwit.RoundSynced
         * @instance
         */
        RoundSynced.prototype.durationMs = 0;

        /**
         * Encodes the specified RoundSynced message. Does not implicitly {@link godwit.RoundSynced.verify|verify} messages.
         * @function encode
         * @memberof godwit.RoundSynced
         * @static
         * @param {godwit.RoundSynced.$Properties} message RoundSynced message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RoundSynced.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.round != null && $Object.hasOwnProperty.call(message, "round") && message.round !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.round);
            if (message.durationMs != null && $Object.hasOwnProperty.call(message, "durationMs") && !$Object.is(message.durationMs, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.durationMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RoundSynced message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.RoundSynced
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.RoundSynced & godwit.RoundSynced.$Shape} RoundSynced
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RoundSynced.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.RoundSynced();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.round = value;
                        else
                            delete message.round;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.durationMs = value;
                        else
                            delete message.durationMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return RoundSynced;
    })();

    godwit.Prepare = (function() {

        /**
         * Properties of a Prepare.
         * @typedef {Object} godwit.Prepare.$Properties
         * @property {number|null} [verifiedBlocks] Prepare verifiedBlocks
         * @property {number|null} [verifiedBytes] Prepare verifiedBytes
         * @property {number|null} [mismatches] Prepare mismatches
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Prepare.
         * @memberof godwit
         * @interface IPrepare
         * @augments godwit.Prepare.$Properties
         * @deprecated Use godwit.Prepare.$Properties instead.
         */

        /**
         * Shape of a Prepare.
         * @typedef {godwit.Prepare.$Properties} godwit.Prepare.$Shape
         */

        /**
         * Constructs a new Prepare.
         * @memberof godwit
         * @classdesc Represents a Prepare.
         * @constructor
         * @param {godwit.Prepare.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Prepare = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Prepare verifiedBlocks.
         * @member {number} verifiedBlocks
         * @memberof godwit.Prepare
         * @instance
         */
        Prepare.prototype.verifiedBlocks = 0;

        /**
         * Prepare verifiedBytes.
         * @member {number} verifiedBytes
         * @memberof godwit.Prepare
         * @instance
         */
        Prepare.prototype.verifiedBytes = 0;

        /**
         * Prepare mismatches.
         * @member {number} mismatches
         * @memberof godwit.Prepare
         * @instance
         */
        Prepare.prototype.mismatches = 0;

        /**
         * Encodes the specified Prepare message. Does not implicitly {@link godwit.Prepare.verify|verify} messages.
         * @function encode
         * @memberof godwit.Prepare
         * @static
         * @param {godwit.Prepare.$Properties} message Prepare message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Prepare.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.verifiedBlocks != null && $Object.hasOwnProperty.call(message, "verifiedBlocks") && !$Object.is(message.verifiedBlocks, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.verifiedBlocks);
            if (message.verifiedBytes != null && $Object.hasOwnProperty.call(message, "verifiedBytes") && !$Object.is(message.verifiedBytes, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.verifiedBytes);
            if (message.mismatches != null && $Object.hasOwnProperty.call(message, "mismatches") && !$Object.is(message.mismatches, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.mismatches);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Prepare message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Prepare
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Prepare & godwit.Prepare.$Shape} Prepare
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Prepare.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Prepare();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.verifiedBlocks = value;
                        else
                            delete message.verifiedBlocks;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.verifiedBytes = value;
                        else
                            delete message.verifiedBytes;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.mismatches = value;
                        else
                            delete message.mismatches;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Prepare;
    })();

    godwit.Prepared = (function() {

        /**
         * Properties of a Prepared.
         * @typedef {Object} godwit.Prepared.$Properties
         * @property {number|null} [durationMs] Prepared durationMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Prepared.
         * @memberof godwit
         * @interface IPrepared
         * @augments godwit.Prepared.$Properties
         * @deprecated Use godwit.Prepared.$Properties instead.
         */

        /**
         * Shape of a Prepared.
         * @typedef {godwit.Prepared.$Properties} godwit.Prepared.$Shape
         */

        /**
         * Constructs a new Prepared.
         * @memberof godwit
         * @classdesc Represents a Prepared.
         * @constructor
         * @param {godwit.Prepared.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Prepared = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Prepared durationMs.
         * @member {number} durationMs
         * @memberof godwit.Prepared
         * @instance
         */
        Prepared.prototype.durationMs = 0;

        /**
         * Encodes the specified Prepared message. Does not implicitly {@link godwit.Prepared.verify|verify} messages.
         * @function encode
         * @memberof godwit.Prepared
         * @static
         * @param {godwit.Prepared.$Properties} message Prepared message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Prepared.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.durationMs != null && $Object.hasOwnProperty.call(message, "durationMs") && !$Object.is(message.durationMs, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.durationMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Prepared message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Prepared
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Prepared & godwit.Prepared.$Shape} Prepared
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Prepared.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Prepared();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.durationMs = value;
                        else
                            delete message.durationMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Prepared;
    })();

    godwit.Commit = (function() {

        /**
         * Properties of a Commit.
         * @typedef {Object} godwit.Commit.$Properties
         * @property {string|null} [migrationId] Commit migrationId
         * @property {Array.<number>|null} [epochs] Commit epochs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Commit.
         * @memberof godwit
         * @interface ICommit
         * @augments godwit.Commit.$Properties
         * @deprecated Use godwit.Commit.$Properties instead.
         */

        /**
         * Shape of a Commit.
         * @typedef {godwit.Commit.$Properties} godwit.Commit.$Shape
         */

        /**
         * Constructs a new Commit.
         * @memberof godwit
         * @classdesc Represents a Commit.
         * @constructor
         * @param {godwit.Commit.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Commit = function (properties) {
            this.epochs = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Commit migrationId.
         * @member {string} migrationId
         * @memberof godwit.Commit
         * @instance
         */
        Commit.prototype.migrationId = "";

        /**
         * Commit epochs.
         * @member {Array.<number>} epochs
         * @memberof godwit.Commit
         * @instance
         */
        Commit.prototype.epochs = $util.emptyArray;

        /**
         * Encodes the specified Commit message. Does not implicitly {@link godwit.Commit.verify|verify} messages.
         * @function encode
         * @memberof godwit.Commit
         * @static
         * @param {godwit.Commit.$Properties} message Commit message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Commit.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.migrationId != null && $Object.hasOwnProperty.call(message, "migrationId") && message.migrationId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.migrationId);
            if (message.epochs != null && message.epochs.length)
                writer.uint32(/* id 2, wireType 2 =*/18).doubles(message.epochs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Commit message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Commit
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Commit & godwit.Commit.$Shape} Commit
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Commit.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Commit();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.migrationId = value;
                        else
                            delete message.migrationId;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.epochs && message.epochs.length))
                                message.epochs = [];
                            reader.doubles(message.epochs);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.epochs && message.epochs.length))
                            message.epochs = [];
                        message.epochs.push(reader.double());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Commit;
    })();

    godwit.Taken = (function() {

        /**
         * Properties of a Taken.
         * @typedef {Object} godwit.Taken.$Properties
         * @property {number|null} [durationMs] Taken durationMs
         * @property {Array.<number>|null} [epochs] Taken epochs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Taken.
         * @memberof godwit
         * @interface ITaken
         * @augments godwit.Taken.$Properties
         * @deprecated Use godwit.Taken.$Properties instead.
         */

        /**
         * Shape of a Taken.
         * @typedef {godwit.Taken.$Properties} godwit.Taken.$Shape
         */

        /**
         * Constructs a new Taken.
         * @memberof godwit
         * @classdesc Represents a Taken.
         * @constructor
         * @param {godwit.Taken.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Taken = function (properties) {
            this.epochs = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Taken durationMs.
         * @member {number} durationMs
         * @memberof godwit.Taken
         * @instance
         */
        Taken.prototype.durationMs = 0;

        /**
         * Taken epochs.
         * @member {Array.<number>} epochs
         * @memberof godwit.Taken
         * @instance
         */
        Taken.prototype.epochs = $util.emptyArray;

        /**
         * Encodes the specified Taken message. Does not implicitly {@link godwit.Taken.verify|verify} messages.
         * @function encode
         * @memberof godwit.Taken
         * @static
         * @param {godwit.Taken.$Properties} message Taken message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Taken.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.durationMs != null && $Object.hasOwnProperty.call(message, "durationMs") && !$Object.is(message.durationMs, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.durationMs);
            if (message.epochs != null && message.epochs.length)
                writer.uint32(/* id 2, wireType 2 =*/18).doubles(message.epochs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Taken message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Taken
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Taken & godwit.Taken.$Shape} Taken
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Taken.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Taken();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.durationMs = value;
                        else
                            delete message.durationMs;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.epochs && message.epochs.length))
                                message.epochs = [];
                            reader.doubles(message.epochs);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.epochs && message.epochs.length))
                            message.epochs = [];
                        message.epochs.push(reader.double());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Taken;
    })();

    godwit.Released = (function() {

        /**
         * Properties of a Released.
         * @typedef {Object} godwit.Released.$Properties
         * @property {number|null} [totalMs] Released totalMs
         * @property {number|null} [drainMs] Released drainMs
         * @property {number|null} [finalRoundMs] Released finalRoundMs
         * @property {number|null} [verifyMs] Released verifyMs
         * @property {number|null} [persistMs] Released persistMs
         * @property {number|null} [takeoverMs] Released takeoverMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Released.
         * @memberof godwit
         * @interface IReleased
         * @augments godwit.Released.$Properties
         * @deprecated Use godwit.Released.$Properties instead.
         */

        /**
         * Shape of a Released.
         * @typedef {godwit.Released.$Properties} godwit.Released.$Shape
         */

        /**
         * Constructs a new Released.
         * @memberof godwit
         * @classdesc Represents a Released.
         * @constructor
         * @param {godwit.Released.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Released = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Released totalMs.
         * @member {number} totalMs
         * @memberof godwit.Released
         * @instance
         */
        Released.prototype.totalMs = 0;

        /**
         * Released drainMs.
         * @member {number} drainMs
         * @memberof godwit.Released
         * @instance
         */
        Released.prototype.drainMs = 0;

        /**
         * Released finalRoundMs.
         * @member {number} finalRoundMs
         * @memberof godwit.Released
         * @instance
         */
        Released.prototype.finalRoundMs = 0;

        /**
         * Released verifyMs.
         * @member {number} verifyMs
         * @memberof godwit.Released
         * @instance
         */
        Released.prototype.verifyMs = 0;

        /**
         * Released persistMs.
         * @member {number} persistMs
         * @memberof godwit.Released
         * @instance
         */
        Released.prototype.persistMs = 0;

        /**
         * Released takeoverMs.
         * @member {number} takeoverMs
         * @memberof godwit.Released
         * @instance
         */
        Released.prototype.takeoverMs = 0;

        /**
         * Encodes the specified Released message. Does not implicitly {@link godwit.Released.verify|verify} messages.
         * @function encode
         * @memberof godwit.Released
         * @static
         * @param {godwit.Released.$Properties} message Released message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Released.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.totalMs != null && $Object.hasOwnProperty.call(message, "totalMs") && !$Object.is(message.totalMs, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.totalMs);
            if (message.drainMs != null && $Object.hasOwnProperty.call(message, "drainMs") && !$Object.is(message.drainMs, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.drainMs);
            if (message.finalRoundMs != null && $Object.hasOwnProperty.call(message, "finalRoundMs") && !$Object.is(message.finalRoundMs, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.finalRoundMs);
            if (message.verifyMs != null && $Object.hasOwnProperty.call(message, "verifyMs") && !$Object.is(message.verifyMs, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.verifyMs);
            if (message.persistMs != null && $Object.hasOwnProperty.call(message, "persistMs") && !$Object.is(message.persistMs, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.persistMs);
            if (message.takeoverMs != null && $Object.hasOwnProperty.call(message, "takeoverMs") && !$Object.is(message.takeoverMs, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.takeoverMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Released message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Released
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Released & godwit.Released.$Shape} Released
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Released.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Released();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.totalMs = value;
                        else
                            delete message.totalMs;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.drainMs = value;
                        else
                            delete message.drainMs;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.finalRoundMs = value;
                        else
                            delete message.finalRoundMs;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.verifyMs = value;
                        else
                            delete message.verifyMs;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.persistMs = value;
                        else
                            delete message.persistMs;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.takeoverMs = value;
                        else
                            delete message.takeoverMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Released;
    })();

    godwit.HookResult = (function() {

        /**
         * Properties of a HookResult.
         * @typedef {Object} godwit.HookResult.$Properties
         * @property {string|null} [hook] HookResult hook
         * @property {string|null} [error] HookResult error
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a HookResult.
         * @memberof godwit
         * @interface IHookResult
         * @augments godwit.HookResult.$Properties
         * @deprecated Use godwit.HookResult.$Properties instead.
         */

        /**
         * Shape of a HookResult.
         * @typedef {godwit.HookResult.$Properties} godwit.HookResult.$Shape
         */

        /**
         * Constructs a new HookResult.
         * @memberof godwit
         * @classdesc Represents a HookResult.
         * @constructor
         * @param {godwit.HookResult.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const HookResult = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * HookResult hook.
         * @member {string} hook
         * @memberof godwit.HookResult
         * @instance
         */
        HookResult.prototype.hook = "";

        /**
         * HookResult error.
         * @member {string} error
         * @memberof godwit.HookResult
         * @instance
         */
        HookResult.prototype.error = "";

        /**
         * Encodes the specified HookResult message. Does not implicitly {@link godwit.HookResult.verify|verify} messages.
         * @function encode
         * @memberof godwit.HookResult
         * @static
         * @param {godwit.HookResult.$Properties} message HookResult message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        HookResult.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.hook != null && $Object.hasOwnProperty.call(message, "hook") && message.hook !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.hook);
            if (message.error != null && $Object.hasOwnProperty.call(message, "error") && message.error !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.error);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a HookResult message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.HookResult
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.HookResult & godwit.HookResult.$Shape} HookResult
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        HookResult.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.HookResult();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.hook = value;
                        else
                            delete message.hook;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.error = value;
                        else
                            delete message.error;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return HookResult;
    })();

    godwit.Cancel = (function() {

        /**
         * Properties of a Cancel.
         * @typedef {Object} godwit.Cancel.$Properties
         * @property {string|null} [code] Cancel code
         * @property {string|null} [reason] Cancel reason
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Cancel.
         * @memberof godwit
         * @interface ICancel
         * @augments godwit.Cancel.$Properties
         * @deprecated Use godwit.Cancel.$Properties instead.
         */

        /**
         * Shape of a Cancel.
         * @typedef {godwit.Cancel.$Properties} godwit.Cancel.$Shape
         */

        /**
         * Constructs a new Cancel.
         * @memberof godwit
         * @classdesc Represents a Cancel.
         * @constructor
         * @param {godwit.Cancel.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Cancel = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Cancel code.
         * @member {string} code
         * @memberof godwit.Cancel
         * @instance
         */
        Cancel.prototype.code = "";

        /**
         * Cancel reason.
         * @member {string} reason
         * @memberof godwit.Cancel
         * @instance
         */
        Cancel.prototype.reason = "";

        /**
         * Encodes the specified Cancel message. Does not implicitly {@link godwit.Cancel.verify|verify} messages.
         * @function encode
         * @memberof godwit.Cancel
         * @static
         * @param {godwit.Cancel.$Properties} message Cancel message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Cancel.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Cancel message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Cancel
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Cancel & godwit.Cancel.$Shape} Cancel
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Cancel.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Cancel();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Cancel;
    })();

    godwit.Cancelled = (function() {

        /**
         * Properties of a Cancelled.
         * @typedef {Object} godwit.Cancelled.$Properties
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Cancelled.
         * @memberof godwit
         * @interface ICancelled
         * @augments godwit.Cancelled.$Properties
         * @deprecated Use godwit.Cancelled.$Properties instead.
         */

        /**
         * Shape of a Cancelled.
         * @typedef {godwit.Cancelled.$Properties} godwit.Cancelled.$Shape
         */

        /**
         * Constructs a new Cancelled.
         * @memberof godwit
         * @classdesc Represents a Cancelled.
         * @constructor
         * @param {godwit.Cancelled.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Cancelled = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Encodes the specified Cancelled message. Does not implicitly {@link godwit.Cancelled.verify|verify} messages.
         * @function encode
         * @memberof godwit.Cancelled
         * @static
         * @param {godwit.Cancelled.$Properties} message Cancelled message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Cancelled.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Cancelled message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Cancelled
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Cancelled & godwit.Cancelled.$Shape} Cancelled
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Cancelled.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Cancelled();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                reader.skipType(tag & 7, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Cancelled;
    })();

    godwit.Resolve = (function() {

        /**
         * Properties of a Resolve.
         * @typedef {Object} godwit.Resolve.$Properties
         * @property {string|null} [migrationId] Resolve migrationId
         * @property {Array.<string>|null} [names] Resolve names
         * @property {Array.<number>|null} [epochs] Resolve epochs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Resolve.
         * @memberof godwit
         * @interface IResolve
         * @augments godwit.Resolve.$Properties
         * @deprecated Use godwit.Resolve.$Properties instead.
         */

        /**
         * Shape of a Resolve.
         * @typedef {godwit.Resolve.$Properties} godwit.Resolve.$Shape
         */

        /**
         * Constructs a new Resolve.
         * @memberof godwit
         * @classdesc Represents a Resolve.
         * @constructor
         * @param {godwit.Resolve.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Resolve = function (properties) {
            this.names = [];
            this.epochs = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Resolve migrationId.
         * @member {string} migrationId
         * @memberof godwit.Resolve
         * @instance
         */
        Resolve.prototype.migrationId = "";

        /**
         * Resolve names.
         * @member {Array.<string>} names
         * @memberof godwit.Resolve
         * @instance
         */
        Resolve.prototype.names = $util.emptyArray;

        /**
         * Resolve epochs.
         * @member {Array.<number>} epochs
         * @memberof godwit.Resolve
         * @instance
         */
        Resolve.prototype.epochs = $util.emptyArray;

        /**
         * Encodes the specified Resolve message. Does not implicitly {@link godwit.Resolve.verify|verify} messages.
         * @function encode
         * @memberof godwit.Resolve
         * @static
         * @param {godwit.Resolve.$Properties} message Resolve message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Resolve.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.migrationId != null && $Object.hasOwnProperty.call(message, "migrationId") && message.migrationId !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.migrationId);
            if (message.names != null && message.names.length)
                for (let i = 0; i < message.names.length; ++i)
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.names[i]);
            if (message.epochs != null && message.epochs.length)
                writer.uint32(/* id 3, wireType 2 =*/26).doubles(message.epochs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Resolve message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Resolve
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Resolve & godwit.Resolve.$Shape} Resolve
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Resolve.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Resolve();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.migrationId = value;
                        else
                            delete message.migrationId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.names && message.names.length))
                            message.names = [];
                        message.names.push(reader.stringVerify());
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.epochs && message.epochs.length))
                                message.epochs = [];
                            reader.doubles(message.epochs);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.epochs && message.epochs.length))
                            message.epochs = [];
                        message.epochs.push(reader.double());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Resolve;
    })();

    godwit.Outcome = (function() {

        /**
         * Properties of an Outcome.
         * @typedef {Object} godwit.Outcome.$Properties
         * @property {string|null} [state] Outcome state
         * @property {Array.<number>|null} [epochs] Outcome epochs
         * @property {string|null} [apiHost] Outcome apiHost
         * @property {number|null} [apiPort] Outcome apiPort
         * @property {string|null} [apiScheme] Outcome apiScheme
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Outcome.
         * @memberof godwit
         * @interface IOutcome
         * @augments godwit.Outcome.$Properties
         * @deprecated Use godwit.Outcome.$Properties instead.
         */

        /**
         * Shape of an Outcome.
         * @typedef {godwit.Outcome.$Properties} godwit.Outcome.$Shape
         */

        /**
         * Constructs a new Outcome.
         * @memberof godwit
         * @classdesc Represents an Outcome.
         * @constructor
         * @param {godwit.Outcome.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Outcome = function (properties) {
            this.epochs = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Outcome state.
         * @member {string} state
         * @memberof godwit.Outcome
         * @instance
         */
        Outcome.prototype.state = "";

        /**
         * Outcome epochs.
         * @member {Array.<number>} epochs
         * @memberof godwit.Outcome
         * @instance
         */
        Outcome.prototype.epochs = $util.emptyArray;

        /**
         * Outcome apiHost.
         * @member {string} apiHost
         * @memberof godwit.Outcome
         * @instance
         */
        Outcome.prototype.apiHost = "";

        /**
         * Outcome apiPort.
         * @member {number} apiPort
         * @memberof godwit.Outcome
         * @instance
         */
        Outcome.prototype.apiPort = 0;

        /**
         * Outcome apiScheme.
         * @member {string} apiScheme
         * @memberof godwit.Outcome
         * @instance
         */
        Outcome.prototype.apiScheme = "";

        /**
         * Encodes the specified Outcome message. Does not implicitly {@link godwit.Outcome.verify|verify} messages.
         * @function encode
         * @memberof godwit.Outcome
         * @static
         * @param {godwit.Outcome.$Properties} message Outcome message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Outcome.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.state);
            if (message.epochs != null && message.epochs.length)
                writer.uint32(/* id 2, wireType 2 =*/18).doubles(message.epochs);
            if (message.apiHost != null && $Object.hasOwnProperty.call(message, "apiHost") && message.apiHost !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.apiHost);
            if (message.apiPort != null && $Object.hasOwnProperty.call(message, "apiPort") && message.apiPort !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.apiPort);
            if (message.apiScheme != null && $Object.hasOwnProperty.call(message, "apiScheme") && message.apiScheme !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.apiScheme);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Outcome message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Outcome
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Outcome & godwit.Outcome.$Shape} Outcome
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Outcome.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Outcome();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.epochs && message.epochs.length))
                                message.epochs = [];
                            reader.doubles(message.epochs);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.epochs && message.epochs.length))
                            message.epochs = [];
                        message.epochs.push(reader.double());
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.apiHost = value;
                        else
                            delete message.apiHost;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.apiPort = value;
                        else
                            delete message.apiPort;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.apiScheme = value;
                        else
                            delete message.apiScheme;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Outcome;
    })();

    godwit.Extent = (function() {

        /**
         * Properties of an Extent.
         * @typedef {Object} godwit.Extent.$Properties
         * @property {number|null} [seq] Extent seq
         * @property {number|null} [round] Extent round
         * @property {number|null} [image] Extent image
         * @property {number|null} [offset] Extent offset
         * @property {number|null} [rawBytes] Extent rawBytes
         * @property {number|null} [encoding] Extent encoding
         * @property {number|null} [hashLow] Extent hashLow
         * @property {number|null} [hashHigh] Extent hashHigh
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Extent.
         * @memberof godwit
         * @interface IExtent
         * @augments godwit.Extent.$Properties
         * @deprecated Use godwit.Extent.$Properties instead.
         */

        /**
         * Shape of an Extent.
         * @typedef {godwit.Extent.$Properties} godwit.Extent.$Shape
         */

        /**
         * Constructs a new Extent.
         * @memberof godwit
         * @classdesc Represents an Extent.
         * @constructor
         * @param {godwit.Extent.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Extent = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Extent seq.
         * @member {number} seq
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.seq = 0;

        /**
         * Extent round.
         * @member {number} round
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.round = 0;

        /**
         * Extent image.
         * @member {number} image
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.image = 0;

        /**
         * Extent offset.
         * @member {number} offset
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.offset = 0;

        /**
         * Extent rawBytes.
         * @member {number} rawBytes
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.rawBytes = 0;

        /**
         * Extent encoding.
         * @member {number} encoding
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.encoding = 0;

        /**
         * Extent hashLow.
         * @member {number} hashLow
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.hashLow = 0;

        /**
         * Extent hashHigh.
         * @member {number} hashHigh
         * @memberof godwit.Extent
         * @instance
         */
        Extent.prototype.hashHigh = 0;

        /**
         * Encodes the specified Extent message. Does not implicitly {@link godwit.Extent.verify|verify} messages.
         * @function encode
         * @memberof godwit.Extent
         * @static
         * @param {godwit.Extent.$Properties} message Extent message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Extent.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.round != null && $Object.hasOwnProperty.call(message, "round") && message.round !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.round);
            if (message.image != null && $Object.hasOwnProperty.call(message, "image") && message.image !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.image);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && !$Object.is(message.offset, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.offset);
            if (message.rawBytes != null && $Object.hasOwnProperty.call(message, "rawBytes") && message.rawBytes !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.rawBytes);
            if (message.encoding != null && $Object.hasOwnProperty.call(message, "encoding") && message.encoding !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.encoding);
            if (message.hashLow != null && $Object.hasOwnProperty.call(message, "hashLow") && message.hashLow !== 0)
                writer.uint32(/* id 7, wireType 5 =*/61).fixed32(message.hashLow);
            if (message.hashHigh != null && $Object.hasOwnProperty.call(message, "hashHigh") && message.hashHigh !== 0)
                writer.uint32(/* id 8, wireType 5 =*/69).fixed32(message.hashHigh);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Extent message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Extent
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Extent & godwit.Extent.$Shape} Extent
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Extent.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Extent();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.round = value;
                        else
                            delete message.round;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.image = value;
                        else
                            delete message.image;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.rawBytes = value;
                        else
                            delete message.rawBytes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.encoding = value;
                        else
                            delete message.encoding;
                        continue;
                    }
                case 7: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.hashLow = value;
                        else
                            delete message.hashLow;
                        continue;
                    }
                case 8: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.hashHigh = value;
                        else
                            delete message.hashHigh;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Extent;
    })();

    godwit.Zero = (function() {

        /**
         * Properties of a Zero.
         * @typedef {Object} godwit.Zero.$Properties
         * @property {number|null} [seq] Zero seq
         * @property {number|null} [round] Zero round
         * @property {number|null} [image] Zero image
         * @property {number|null} [offset] Zero offset
         * @property {number|null} [length] Zero length
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Zero.
         * @memberof godwit
         * @interface IZero
         * @augments godwit.Zero.$Properties
         * @deprecated Use godwit.Zero.$Properties instead.
         */

        /**
         * Shape of a Zero.
         * @typedef {godwit.Zero.$Properties} godwit.Zero.$Shape
         */

        /**
         * Constructs a new Zero.
         * @memberof godwit
         * @classdesc Represents a Zero.
         * @constructor
         * @param {godwit.Zero.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Zero = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Zero seq.
         * @member {number} seq
         * @memberof godwit.Zero
         * @instance
         */
        Zero.prototype.seq = 0;

        /**
         * Zero round.
         * @member {number} round
         * @memberof godwit.Zero
         * @instance
         */
        Zero.prototype.round = 0;

        /**
         * Zero image.
         * @member {number} image
         * @memberof godwit.Zero
         * @instance
         */
        Zero.prototype.image = 0;

        /**
         * Zero offset.
         * @member {number} offset
         * @memberof godwit.Zero
         * @instance
         */
        Zero.prototype.offset = 0;

        /**
         * Zero length.
         * @member {number} length
         * @memberof godwit.Zero
         * @instance
         */
        Zero.prototype.length = 0;

        /**
         * Encodes the specified Zero message. Does not implicitly {@link godwit.Zero.verify|verify} messages.
         * @function encode
         * @memberof godwit.Zero
         * @static
         * @param {godwit.Zero.$Properties} message Zero message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Zero.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.round != null && $Object.hasOwnProperty.call(message, "round") && message.round !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.round);
            if (message.image != null && $Object.hasOwnProperty.call(message, "image") && message.image !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.image);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && !$Object.is(message.offset, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.offset);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && !$Object.is(message.length, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.length);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Zero message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Zero
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Zero & godwit.Zero.$Shape} Zero
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Zero.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Zero();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.round = value;
                        else
                            delete message.round;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.image = value;
                        else
                            delete message.image;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Zero;
    })();

    godwit.Check = (function() {

        /**
         * Properties of a Check.
         * @typedef {Object} godwit.Check.$Properties
         * @property {number|null} [seq] Check seq
         * @property {number|null} [image] Check image
         * @property {number|null} [offset] Check offset
         * @property {number|null} [length] Check length
         * @property {boolean|null} [background] Check background
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Check.
         * @memberof godwit
         * @interface ICheck
         * @augments godwit.Check.$Properties
         * @deprecated Use godwit.Check.$Properties instead.
         */

        /**
         * Shape of a Check.
         * @typedef {godwit.Check.$Properties} godwit.Check.$Shape
         */

        /**
         * Constructs a new Check.
         * @memberof godwit
         * @classdesc Represents a Check.
         * @constructor
         * @param {godwit.Check.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Check = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Check seq.
         * @member {number} seq
         * @memberof godwit.Check
         * @instance
         */
        Check.prototype.seq = 0;

        /**
         * Check image.
         * @member {number} image
         * @memberof godwit.Check
         * @instance
         */
        Check.prototype.image = 0;

        /**
         * Check offset.
         * @member {number} offset
         * @memberof godwit.Check
         * @instance
         */
        Check.prototype.offset = 0;

        /**
         * Check length.
         * @member {number} length
         * @memberof godwit.Check
         * @instance
         */
        Check.prototype.length = 0;

        /**
         * Check background.
         * @member {boolean} background
         * @memberof godwit.Check
         * @instance
         */
        Check.prototype.background = false;

        /**
         * Encodes the specified Check message. Does not implicitly {@link godwit.Check.verify|verify} messages.
         * @function encode
         * @memberof godwit.Check
         * @static
         * @param {godwit.Check.$Properties} message Check message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Check.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.image != null && $Object.hasOwnProperty.call(message, "image") && message.image !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.image);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && !$Object.is(message.offset, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.offset);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && message.length !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.length);
            if (message.background != null && $Object.hasOwnProperty.call(message, "background") && message.background !== false)
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.background);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Check message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Check
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Check & godwit.Check.$Shape} Check
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Check.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Check();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.image = value;
                        else
                            delete message.image;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.background = value;
                        else
                            delete message.background;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Check;
    })();

    godwit.CheckZero = (function() {

        /**
         * Properties of a CheckZero.
         * @typedef {Object} godwit.CheckZero.$Properties
         * @property {number|null} [seq] CheckZero seq
         * @property {number|null} [image] CheckZero image
         * @property {number|null} [offset] CheckZero offset
         * @property {number|null} [length] CheckZero length
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckZero.
         * @memberof godwit
         * @interface ICheckZero
         * @augments godwit.CheckZero.$Properties
         * @deprecated Use godwit.CheckZero.$Properties instead.
         */

        /**
         * Shape of a CheckZero.
         * @typedef {godwit.CheckZero.$Properties} godwit.CheckZero.$Shape
         */

        /**
         * Constructs a new CheckZero.
         * @memberof godwit
         * @classdesc Represents a CheckZero.
         * @constructor
         * @param {godwit.CheckZero.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckZero = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckZero seq.
         * @member {number} seq
         * @memberof godwit.CheckZero
         * @instance
         */
        CheckZero.prototype.seq = 0;

        /**
         * CheckZero image.
         * @member {number} image
         * @memberof godwit.CheckZero
         * @instance
         */
        CheckZero.prototype.image = 0;

        /**
         * CheckZero offset.
         * @member {number} offset
         * @memberof godwit.CheckZero
         * @instance
         */
        CheckZero.prototype.offset = 0;

        /**
         * CheckZero length.
         * @member {number} length
         * @memberof godwit.CheckZero
         * @instance
         */
        CheckZero.prototype.length = 0;

        /**
         * Encodes the specified CheckZero message. Does not implicitly {@link godwit.CheckZero.verify|verify} messages.
         * @function encode
         * @memberof godwit.CheckZero
         * @static
         * @param {godwit.CheckZero.$Properties} message CheckZero message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckZero.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.image != null && $Object.hasOwnProperty.call(message, "image") && message.image !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.image);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && !$Object.is(message.offset, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.offset);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && !$Object.is(message.length, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.length);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckZero message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.CheckZero
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.CheckZero & godwit.CheckZero.$Shape} CheckZero
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckZero.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.CheckZero();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.image = value;
                        else
                            delete message.image;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return CheckZero;
    })();

    godwit.Ack = (function() {

        /**
         * Properties of an Ack.
         * @typedef {Object} godwit.Ack.$Properties
         * @property {number|null} [seq] Ack seq
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Ack.
         * @memberof godwit
         * @interface IAck
         * @augments godwit.Ack.$Properties
         * @deprecated Use godwit.Ack.$Properties instead.
         */

        /**
         * Shape of an Ack.
         * @typedef {godwit.Ack.$Properties} godwit.Ack.$Shape
         */

        /**
         * Constructs a new Ack.
         * @memberof godwit
         * @classdesc Represents an Ack.
         * @constructor
         * @param {godwit.Ack.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Ack = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Ack seq.
         * @member {number} seq
         * @memberof godwit.Ack
         * @instance
         */
        Ack.prototype.seq = 0;

        /**
         * Encodes the specified Ack message. Does not implicitly {@link godwit.Ack.verify|verify} messages.
         * @function encode
         * @memberof godwit.Ack
         * @static
         * @param {godwit.Ack.$Properties} message Ack message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Ack.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Ack message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Ack
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Ack & godwit.Ack.$Shape} Ack
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Ack.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Ack();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Ack;
    })();

    godwit.Nack = (function() {

        /**
         * Properties of a Nack.
         * @typedef {Object} godwit.Nack.$Properties
         * @property {number|null} [seq] Nack seq
         * @property {string|null} [code] Nack code
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Nack.
         * @memberof godwit
         * @interface INack
         * @augments godwit.Nack.$Properties
         * @deprecated Use godwit.Nack.$Properties instead.
         */

        /**
         * Shape of a Nack.
         * @typedef {godwit.Nack.$Properties} godwit.Nack.$Shape
         */

        /**
         * Constructs a new Nack.
         * @memberof godwit
         * @classdesc Represents a Nack.
         * @constructor
         * @param {godwit.Nack.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Nack = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Nack seq.
         * @member {number} seq
         * @memberof godwit.Nack
         * @instance
         */
        Nack.prototype.seq = 0;

        /**
         * Nack code.
         * @member {string} code
         * @memberof godwit.Nack
         * @instance
         */
        Nack.prototype.code = "";

        /**
         * Encodes the specified Nack message. Does not implicitly {@link godwit.Nack.verify|verify} messages.
         * @function encode
         * @memberof godwit.Nack
         * @static
         * @param {godwit.Nack.$Properties} message Nack message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Nack.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.code);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Nack message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.Nack
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.Nack & godwit.Nack.$Shape} Nack
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Nack.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.Nack();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Nack;
    })();

    godwit.CheckResult = (function() {

        /**
         * Properties of a CheckResult.
         * @typedef {Object} godwit.CheckResult.$Properties
         * @property {number|null} [seq] CheckResult seq
         * @property {Array.<number>|null} [blocks] CheckResult blocks
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckResult.
         * @memberof godwit
         * @interface ICheckResult
         * @augments godwit.CheckResult.$Properties
         * @deprecated Use godwit.CheckResult.$Properties instead.
         */

        /**
         * Shape of a CheckResult.
         * @typedef {godwit.CheckResult.$Properties} godwit.CheckResult.$Shape
         */

        /**
         * Constructs a new CheckResult.
         * @memberof godwit
         * @classdesc Represents a CheckResult.
         * @constructor
         * @param {godwit.CheckResult.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckResult = function (properties) {
            this.blocks = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckResult seq.
         * @member {number} seq
         * @memberof godwit.CheckResult
         * @instance
         */
        CheckResult.prototype.seq = 0;

        /**
         * CheckResult blocks.
         * @member {Array.<number>} blocks
         * @memberof godwit.CheckResult
         * @instance
         */
        CheckResult.prototype.blocks = $util.emptyArray;

        /**
         * Encodes the specified CheckResult message. Does not implicitly {@link godwit.CheckResult.verify|verify} messages.
         * @function encode
         * @memberof godwit.CheckResult
         * @static
         * @param {godwit.CheckResult.$Properties} message CheckResult message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckResult.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && !$Object.is(message.seq, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.seq);
            if (message.blocks != null && message.blocks.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.blocks);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckResult message from the specified reader or buffer.
         * @function decode
         * @memberof godwit.CheckResult
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {godwit.CheckResult & godwit.CheckResult.$Shape} CheckResult
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckResult.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.godwit.CheckResult();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seq = value;
                        else
                            delete message.seq;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.blocks && message.blocks.length))
                                message.blocks = [];
                            reader.uint32s(message.blocks);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.blocks && message.blocks.length))
                            message.blocks = [];
                        message.blocks.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return CheckResult;
    })();

    return godwit;
})();

export {
  $root as default
};
