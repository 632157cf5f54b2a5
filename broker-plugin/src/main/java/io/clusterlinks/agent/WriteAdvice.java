// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import io.clusterlinks.host.HookBridge;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;

/** Woven into the paths on which writes reach a log. The bodies are copied into the broker's methods. */
final class WriteAdvice {
    private WriteAdvice() {}

    static final class Produce {
        private Produce() {}

        @Advice.OnMethodEnter
        static void enter(
                @Advice.Argument(value = 4, readOnly = false, typing = Assigner.Typing.DYNAMIC) Object entries,
                @Advice.Argument(value = 5, readOnly = false, typing = Assigner.Typing.DYNAMIC) Object callback) {
            Object refusals = HookBridge.refusals(entries);
            if (refusals != null) {
                entries = HookBridge.admitted(entries, refusals);
                callback = HookBridge.answering(callback, refusals);
            }
        }
    }

    static final class Append {
        private Append() {}

        @Advice.OnMethodEnter
        static void enter(
                @Advice.This Object partition, @Advice.Argument(0) Object records, @Advice.Argument(1) Object origin) {
            HookBridge.beforeAppend(partition, records, origin);
        }
    }

    static final class DeleteRecords {
        private DeleteRecords() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.This Object partition) {
            HookBridge.beforeDeleteRecords(partition);
        }
    }

    static final class AddPartitionsToTransaction {
        private AddPartitionsToTransaction() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static boolean enter(
                @Advice.Argument(value = 3, readOnly = false, typing = Assigner.Typing.DYNAMIC) Object partitions,
                @Advice.Argument(4) Object callback,
                @Advice.Argument(5) Object transactionVersion) {
            if (HookBridge.postponesTransaction(partitions, callback, transactionVersion)) {
                return true;
            }
            partitions = HookBridge.transactionPartitions(partitions);
            return false;
        }
    }

    static final class LogAppend {
        private LogAppend() {}

        @Advice.OnMethodEnter
        static void enter(
                @Advice.This Object log,
                @Advice.Argument(1) Object origin,
                @Advice.Argument(value = 6, readOnly = false) boolean ignoreRecordSize) {
            ignoreRecordSize = ignoreRecordSize || HookBridge.ignoresRecordSize(log, origin);
        }
    }
}
